// The library for those who write it (C7): what there is, how far it is, and when it must be looked at again.

import { useEffect, useState } from "preact/hooks";
import { hrefOfPage, NEW, page, shelves } from "../app/writing";
import { day } from "../core/time";
import { enStaff } from "../text/staff";
import { t } from "../text/words";
import type { ArticleState, ShelfLine } from "../wire/generated";
import { Writing } from "./Writing";

const STATES: ArticleState[] = ["in_review", "draft", "published", "archived"];
/** What must be looked at again within so long is marked, in milliseconds: thirty days. */
const SOON_MS = 30 * 24 * 60 * 60 * 1_000;

export function Shelves() {
  const at = page.value;
  if (at) return <Writing key={at} id={at === NEW ? null : at} />;
  return <All />;
}

function All() {
  const [lines, setLines] = useState<ShelfLine[] | null>(null);
  const [problem, setProblem] = useState("");
  const [state, setState] = useState<ArticleState | "">("");
  useEffect(() => {
    void shelves().then((got) => (got.ok ? setLines(got.value.articles) : setProblem(got.message)));
  }, []);
  const shown = (lines ?? []).filter((line) => state === "" || line.state === state);
  return (
    <main class="shelves">
      <h2>{enStaff.library.title}</h2>
      <p class="hint">{enStaff.library.intro}</p>
      <div class="shelves-tools">
        <div class="field">
          <label for="shelves-state">{enStaff.library.show}</label>
          <select id="shelves-state" value={state} onChange={(event) => setState(event.currentTarget.value as ArticleState | "")}>
            <option value="">{enStaff.library.everything}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {enStaff.library.states[one]}
              </option>
            ))}
          </select>
        </div>
        <a class="button primary" href={hrefOfPage(NEW)}>
          {enStaff.library.write}
        </a>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {lines === null && problem === "" && <p>{enStaff.library.loading}</p>}
      {lines !== null && shown.length === 0 && <p class="empty">{enStaff.library.none}</p>}
      {shown.length > 0 && <Table lines={shown} />}
    </main>
  );
}

function Table({ lines }: { lines: ShelfLine[] }) {
  const words = enStaff.library;
  return (
    <div class="table" role="region" aria-label={words.title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.name}</th>
            <th scope="col">{words.topic}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.review}</th>
            <th scope="col" class="number">
              {words.reads}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.id}>
              <th scope="row">
                <a href={hrefOfPage(line.id)} lang={line.language}>
                  {line.title}
                </a>
              </th>
              <td>{t.library.topics[line.topic]}</td>
              <td>
                <span class={line.state === "in_review" ? "tag strong" : "tag"}>{words.states[line.state]}</span>
              </td>
              <td>
                <Review line={line} />
              </td>
              <td class="number">{line.reads}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Review({ line }: { line: ShelfLine }) {
  if (line.state !== "published" || line.review_by === null) return <>{enStaff.library.noReview}</>;
  const at = new Date(line.review_by);
  const late = at.getTime() < Date.now() + SOON_MS;
  return late ? <strong>{enStaff.library.reviewNow(day(at, new Date()))}</strong> : <>{day(at, new Date())}</>;
}
