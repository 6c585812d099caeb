// What is written down about one's relationship: what one must know first, the plan, goals, meetings, and what one tells the team. Loaded
// when it is opened.

import { useEffect, useState } from "preact/hooks";
import { call } from "../app/api";
import { hrefOf } from "../app/route";
import { announce } from "../core/announce";
import { day } from "../core/time";
import { cyPlan, enPlan } from "../text/plan";
import { language } from "../text/words";
import { PaperForm, type Answers } from "../ui/PaperForm";
import { PaperAnswers } from "../ui/PaperView";
import { Icon } from "../ui/Icon";
import type { FormView, OwnPapers, PaperKind, PaperView } from "../wire/generated";

const words = language() === "cy" ? cyPlan : enPlan;
const at = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;
/** What is written to an officer, of all those whom they answer for. */
export const FEEDBACK = "feedback";

export function Plan({ conversation }: { conversation: string }) {
  const [page, setPage] = useState<OwnPapers | null>(null);
  const [problem, setProblem] = useState("");
  const read = async () => {
    const got = await call<OwnPapers>("GET", conversation === FEEDBACK ? "/api/feedback" : `${at(conversation)}/papers`);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setPage(got.value);
  };
  useEffect(() => void read(), [conversation]);
  const confirm = async () => {
    const got = await call("POST", `${at(conversation)}/briefing`, { read: page?.briefing ?? [] });
    if (got.ok) announce(words.nowWrite);
    await read();
    if (!got.ok) setProblem(got.message);
  };
  return (
    <main class="plan">
      <p>
        <a class="button quiet" href={conversation === FEEDBACK ? "#/" : hrefOf(conversation)}>
          <Icon name="back" />
          {words.back}
        </a>
      </p>
      <h2>{conversation === FEEDBACK ? words.feedback : words.title}</h2>
      <p class="problem" role="alert">
        {problem}
      </p>
      {page === null && problem === "" && <p>{words.loading}</p>}
      {page && (page.briefing.length > 0 || page.to_read) && <Briefing page={page} onConfirm={() => void confirm()} conversation={conversation} />}
      {page?.papers.length === 0 && page.forms.every((form) => !form.writes) && <p>{words.nothing}</p>}
      {page?.forms.map((form) => (
        <Kind key={form.kind} form={form} papers={page.papers.filter((paper) => paper.kind === form.kind)} conversation={conversation} onChange={() => void read()} />
      ))}
    </main>
  );
}

function Briefing({ page, onConfirm, conversation }: { page: OwnPapers; onConfirm: () => void; conversation: string }) {
  return (
    <section class="briefing" aria-labelledby="briefing-title">
      <h3 id="briefing-title">{words.readFirst}</h3>
      <p class="hint">{page.briefing.length > 0 ? words.readFirstHint : words.nothingNow}</p>
      <ul>
        {page.briefing.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {page.to_read ? (
        <button class="button primary" type="button" onClick={onConfirm}>
          {words.haveRead}
        </button>
      ) : (
        <a class="button" href={hrefOf(conversation)}>
          {words.back}
        </a>
      )}
    </section>
  );
}

interface KindProps {
  form: FormView;
  papers: PaperView[];
  conversation: string;
  onChange: () => void;
}

function Kind({ form, papers, conversation, onChange }: KindProps) {
  const [adding, setAdding] = useState(false);
  const write = async (answers: Answers) => {
    const got = await call("POST", "/api/papers", { kind: form.kind, account: null, conversation, answers });
    if (!got.ok) return got.message;
    setAdding(false);
    onChange();
    return null;
  };
  const mayAdd = form.writes && !(form.one && papers.length > 0);
  if (!mayAdd && papers.length === 0) return null;
  const title = words.kinds[form.kind] ?? form.kind;
  return (
    <section class="plan-kind" aria-label={title}>
      <h3>{title}</h3>
      {papers.map((paper) => (
        <Paper key={paper.id} paper={paper} form={form} onChange={onChange} />
      ))}
      {adding ? (
        <PaperForm form={form} answers={{}} words={words} onSave={write} onCancel={() => setAdding(false)} />
      ) : (
        mayAdd && (
          <button class="button" type="button" onClick={() => setAdding(true)} aria-label={`${words.add}: ${title}`}>
            {words.add}
          </button>
        )
      )}
    </section>
  );
}

function Paper({ paper, form, onChange }: { paper: PaperView; form: FormView; onChange: () => void }) {
  const [changing, setChanging] = useState(false);
  const [problem, setProblem] = useState("");
  const answers = paper.answers ?? {};
  const save = async (next: Answers) => {
    const got = await call("PUT", `/api/papers/${encodeURIComponent(paper.id)}`, { version: paper.version, answers: next });
    if (!got.ok) return got.message;
    setChanging(false);
    onChange();
    return null;
  };
  const act = async (what: "sign" | "close") => {
    const got = await call("POST", `/api/papers/${encodeURIComponent(paper.id)}/${what}`, { version: paper.version });
    if (got.ok) onChange();
    else setProblem(got.message);
  };
  const now = () => new Date().toISOString();
  const step = (part: Answers) => void save({ ...answers, ...part }).then((wrong) => setProblem(wrong ?? ""));
  if (changing)
    return (
      <div class="paper">
        <PaperForm form={form} answers={answers} words={words} onSave={save} onCancel={() => setChanging(false)} />
      </div>
    );
  const names = paper.signed.map((one) => one.name).join(", ");
  return (
    <div class="paper">
      <PaperAnswers paper={paper} form={form} words={words} />
      {signedKind(paper.kind) && <p class="hint">{names === "" ? words.notSigned : words.signed(names)}</p>}
      <p class="hint">
        {words.by(paper.by.name, day(new Date(paper.changed_at), new Date()))}
        {paper.closed_at !== null && ` · ${words.closed}`}
      </p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <p class="buttons">
        {paper.signs && (
          <button class="button primary" type="button" onClick={() => void act("sign")}>
            {words.sign}
          </button>
        )}
        {paper.kind === "meeting" && paper.writes && answers["in_at"] === undefined && answers["came"] === undefined && (
          <button class="button" type="button" onClick={() => step({ in_at: now() })}>
            {words.checkIn}
          </button>
        )}
        {paper.kind === "meeting" && paper.writes && answers["in_at"] !== undefined && answers["out_at"] === undefined && (
          <button class="button" type="button" onClick={() => step({ out_at: now(), came: "both" })}>
            {words.checkOut}
          </button>
        )}
        {paper.writes && (
          <button class="button quiet" type="button" onClick={() => setChanging(true)}>
            {words.change}
          </button>
        )}
        {paper.closes && paper.kind === "goal" && (
          <button class="button quiet" type="button" onClick={() => void act("close")}>
            {words.close}
          </button>
        )}
      </p>
    </div>
  );
}

function signedKind(kind: PaperKind): boolean {
  return kind === "plan";
}
