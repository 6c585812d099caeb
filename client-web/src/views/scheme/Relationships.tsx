// Every relationship, and one of them: its plan, who is in it, pausing, ending and handing over. Never its messages.

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { change, everybody, people, relationship, relationships } from "../../app/scheme";
import { day } from "../../core/time";
import { enScheme } from "../../text/scheme";
import { Modal } from "../../ui/Modal";
import { FileLink } from "../SecondStep";
import type { ConversationState, RelationshipLine, RelationshipPage } from "../../wire/generated";
import { Papers } from "./Papers";

const words = enScheme.relationships;
const STATES: ConversationState[] = ["open", "paused", "ended"];
type Act = "pause" | "resume" | "end" | "hand_over";

export function Relationships() {
  const [lines, setLines] = useState<RelationshipLine[] | null>(null);
  const [problem, setProblem] = useState("");
  const [state, setState] = useState<ConversationState | "">("");
  useEffect(() => {
    void relationships().then((got) => (got.ok ? setLines(got.value.relationships) : setProblem(got.message)));
  }, []);
  const shown = (lines ?? []).filter((line) => state === "" || line.state === state);
  return (
    <main class="shelves">
      <h2>{words.title}</h2>
      <div class="shelves-tools">
        <div class="field">
          <label for="relationships-state">{words.show}</label>
          <select id="relationships-state" value={state} onChange={(event) => setState(event.currentTarget.value as ConversationState | "")}>
            <option value="">{words.all}</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {words.states[one]}
              </option>
            ))}
          </select>
        </div>
        <FileLink href="/api/relationships.csv">{words.export}</FileLink>
        <FileLink href="/api/papers.csv">{words.exportPapers}</FileLink>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {lines === null && problem === "" && <p>{enScheme.loading}</p>}
      {lines !== null && shown.length === 0 && <p class="empty">{words.none}</p>}
      {shown.length > 0 && <RelationshipTable lines={shown} />}
    </main>
  );
}

const names = (line: RelationshipLine) => line.parties.map((party) => party.name).join(", ");

export function RelationshipTable({ lines }: { lines: RelationshipLine[] }) {
  return (
    <div class="table" role="region" aria-label={words.title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.with}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.began}</th>
            <th scope="col">{words.said}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.id}>
              <th scope="row">
                <a href={hrefOf("relationships", line.id)}>{names(line)}</a>
              </th>
              <td>
                <span class={line.state === "open" ? "tag" : "tag strong"}>{words.states[line.state]}</span>
              </td>
              <td>{day(new Date(line.began), new Date())}</td>
              <td>{line.said === null ? words.never : day(new Date(line.said), new Date())}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Relationship({ id }: { id: string }) {
  const [page, setPage] = useState<RelationshipPage | null>(null);
  const [problem, setProblem] = useState("");
  const [act, setAct] = useState<Act | null>(null);
  const read = async () => {
    const got = await relationship(id);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setPage(got.value);
  };
  useEffect(() => void read(), [id]);
  if (page === null)
    return (
      <main class="shelves">
        <p role="alert">{problem || enScheme.loading}</p>
      </main>
    );
  const line = page.relationship;
  const unread = line.parties.filter((party) => party.to_read).map((party) => party.name);
  const acts: Act[] = line.state === "ended" ? [] : [line.state === "paused" ? "resume" : "pause", "end", "hand_over"];
  const go = async (doing: Act, said: string, to: string | null) => {
    const got = await change(line.id, doing, said, to);
    if (!got.ok) return got.message;
    setAct(null);
    await read();
    return null;
  };
  return (
    <main class="shelves">
      <p>
        <a href={hrefOf("relationships")}>{words.title}</a>
      </p>
      <h2>{names(line)}</h2>
      <p>
        <span class={line.state === "open" ? "tag" : "tag strong"}>{words.states[line.state]}</span> {words.hours(page.minutes)}
      </p>
      {page.words !== null && <p class="note">{words.told(page.words)}</p>}
      {unread.length > 0 && <p class="note">{words.toRead(unread.join(", "))}</p>}
      <p>
        {line.parties.map((party) => (
          <a key={party.account} class="button quiet" href={hrefOf("people", party.account)}>
            {party.name}, {enScheme.people.roles[party.role]}
          </a>
        ))}
      </p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="decide-buttons">
        {acts.map((one) => (
          <button key={one} class="button" type="button" onClick={() => (one === "resume" ? void go("resume", "", null) : setAct(one))}>
            {label(one)}
          </button>
        ))}
      </div>
      <Papers papers={page.papers} fits={(form) => form.about === "relationship"} of={{ conversation: line.id }} onChange={() => void read()} />
      {act !== null && <Change act={act} line={line} onGo={(said, to) => go(act, said, to)} onClose={() => setAct(null)} />}
    </main>
  );
}

function label(act: Act): string {
  return { pause: words.pause, resume: words.resume, end: words.end, hand_over: words.handOver }[act];
}

interface ChangeProps {
  act: Act;
  line: RelationshipLine;
  onGo: (words: string, to: string | null) => Promise<string | null>;
  onClose: () => void;
}

function Change({ act, line, onGo, onClose }: ChangeProps) {
  const [said, setSaid] = useState(words.suggest[act] ?? "");
  const [to, setTo] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => void people(), []);
  const mentors = everybody.value.filter((one) => one.role === "mentor" && one.standing !== "suspended" && !line.parties.some((party) => party.account === one.account));
  return (
    <Modal id="change-title" title={`${label(act)}: ${names(line)}`} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void onGo(said, act === "hand_over" ? to : null).then((wrong) => setProblem(wrong ?? ""));
        }}
      >
        {act === "hand_over" && (
          <div class="field">
            <label for="change-to">{words.to}</label>
            <select id="change-to" required value={to} onChange={(event) => setTo(event.currentTarget.value)}>
              <option value="">{enScheme.choose}</option>
              {mentors.map((one) => (
                <option key={one.account} value={one.account}>
                  {one.name}
                </option>
              ))}
            </select>
          </div>
        )}
        <div class="field">
          <label for="change-words">{words.words}</label>
          <p class="hint" id="change-hint">
            {words.wordsHint}
          </p>
          <textarea id="change-words" rows={3} maxLength={500} aria-describedby="change-hint" value={said} onInput={(event) => setSaid(event.currentTarget.value)} />
        </div>
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="decide-buttons">
          <button class="button primary" type="submit">
            {label(act)}
          </button>
          <button class="button" type="button" onClick={onClose}>
            {enScheme.cancel}
          </button>
        </div>
      </form>
    </Modal>
  );
}
