// What a funder is told (C8): numbers first, on the page, as a table for a spreadsheet, and printed.

import { useEffect, useState } from "preact/hooks";
import { hrefOfNumbers, keepCost, keptCost, numbers } from "../../app/scheme";
import { enScheme } from "../../text/scheme";
import type { SchemeLine, SchemePage, Told } from "../../wire/generated";

const words = enScheme.report;

export function Report() {
  const [from, setFrom] = useState(firstOfYear());
  const [until, setUntil] = useState(today());
  const [cost, setCost] = useState(keptCost());
  const [page, setPage] = useState<SchemePage | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (from === "" || until === "") return;
    void numbers(from, until).then((got) => {
      setProblem(got.ok ? "" : got.message);
      if (got.ok) setPage(got.value);
    });
  }, [from, until]);
  return (
    <main class="shelves">
      <h2>{page === null ? words.title : `${words.title}: ${page.site}`}</h2>
      <p class="hint">{words.intro}</p>
      <div class="shelves-tools">
        <div class="field">
          <label for="report-from">{words.from}</label>
          <input id="report-from" type="date" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="report-until">{words.until}</label>
          <input id="report-until" type="date" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="report-cost">{words.cost}</label>
          <input
            id="report-cost"
            inputMode="decimal"
            value={cost}
            onInput={(event) => {
              setCost(event.currentTarget.value);
              keepCost(event.currentTarget.value);
            }}
          />
        </div>
        <a class="button" href={hrefOfNumbers(from, until)} download>
          {words.csv}
        </a>
        <button class="button" type="button" onClick={() => window.print()}>
          {words.print}
        </button>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {page !== null && <Numbers page={page} cost={cost} />}
    </main>
  );
}

function Numbers({ page, cost }: { page: SchemePage; cost: string }) {
  const each = costOfEach(cost, page);
  return (
    <>
      <div class="table narrow" role="region" aria-label={words.title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.what}</th>
              <th scope="col" class="number">
                {words.number}
              </th>
            </tr>
          </thead>
          <tbody>
            {page.lines.map((line) => (
              <tr key={line.what}>
                <th scope="row">{words.lines[line.what]}</th>
                <td class="number">{shown(line)}</td>
              </tr>
            ))}
            {each !== null && (
              <tr>
                <th scope="row">{words.perRelationship}</th>
                <td class="number">£{each}</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <section class="part">
        <h3>{words.areas}</h3>
        {page.areas.length === 0 ? <p>{words.noAreas}</p> : <Areas page={page} />}
      </section>
    </>
  );
}

function Areas({ page }: { page: SchemePage }) {
  const heads = [words.better, words.same, words.worse, words.reached];
  return (
    <div class="table narrow" role="region" aria-label={words.areas} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.area}</th>
            {heads.map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {page.areas.map((area) => (
            <tr key={area.area}>
              <th scope="row">{enScheme.words[area.area] ?? area.area}</th>
              {[area.better, area.same, area.worse, area.reached].map((told, at) => (
                <td key={heads[at]} class="number">
                  {few(told)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const few = (told: Told) => (told.number === null ? words.few : String(told.number));

function shown({ what, told }: SchemeLine): string {
  if (what !== "helping_tenths") return few(told);
  return told.number === null ? words.noAnswer : (told.number / 10).toFixed(1);
}

/** What each person engaged has cost, in pounds; nothing, if the cost is not known or they are too few to tell. */
export function costOfEach(cost: string, page: SchemePage): string | null {
  const pounds = Number(cost.replaceAll(",", ""));
  const people = page.lines.find((line) => line.what === "people_engaged")?.told.number ?? null;
  if (cost.trim() === "" || !Number.isFinite(pounds) || people === null || people === 0) return null;
  return (pounds / people).toFixed(2);
}

const today = () => new Date().toISOString().slice(0, 10);
const firstOfYear = () => `${new Date().getFullYear()}-01-01`;
