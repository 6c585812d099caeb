// What a coordinator should do next (C1): a list that is made anew from what is, each line with the page on which it is done.

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { me } from "../../app/staff";
import { actOnPaper, forms, home, readForms, readPaper, seeGlass } from "../../app/scheme";
import { day, dayAndTime, sameDay } from "../../core/time";
import { enScheme } from "../../text/scheme";
import { PaperAnswers } from "../../ui/PaperView";
import type { HomePage, PaperView, TaskView } from "../../wire/generated";

const words = enScheme.home;

export function Home() {
  const [page, setPage] = useState<HomePage | null>(null);
  const [problem, setProblem] = useState("");
  const read = async () => {
    const got = await home();
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setPage(got.value);
  };
  useEffect(() => void read(), []);
  const seen = async (glass: string) => {
    const got = await seeGlass(glass);
    if (got.ok) await read();
    else setProblem(got.message);
  };
  return (
    <main class="shelves">
      <h2>{words.title}</h2>
      <p class="problem" role="alert">
        {problem}
      </p>
      {page === null && problem === "" && <p>{enScheme.loading}</p>}
      {page?.tasks.length === 0 && <p class="empty">{words.none}</p>}
      {page?.more && <p class="hint">{words.more}</p>}
      {page !== null && page.tasks.length > 0 && (
        <ul class="tasks">
          {page.tasks.map((task) => (
            <li key={`${task.kind} ${task.about} ${task.paper ?? task.conversation ?? task.account ?? ""}`}>
              <span class={["concern", "uncovered", "certificate"].includes(task.kind) ? "tag strong" : "tag"}>{words.tasks[task.kind]}</span>
              <About task={task} />
              <span class="hint">{when(task)}</span>
              {task.kind === "concern" && task.paper !== null && <Worry paper={task.paper} onDone={() => void read()} />}
              {task.glass !== null && <Seen glass={task.glass} onSeen={seen} />}
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}

/** What somebody is worried about, read where it is dealt with. */
function Worry({ paper, onDone }: { paper: string; onDone: () => void }) {
  const [shown, setShown] = useState<PaperView | null>(null);
  const [problem, setProblem] = useState("");
  const read = async () => {
    await readForms();
    const got = await readPaper(paper);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setShown(got.value);
  };
  const done = async (version: number) => {
    const got = await actOnPaper(paper, "close", version);
    if (got.ok) onDone();
    else setProblem(got.message);
  };
  if (shown === null)
    return (
      <button class="button" type="button" onClick={() => void read()}>
        {problem || words.read}
      </button>
    );
  return (
    <div class="paper worry">
      <PaperAnswers paper={shown} form={forms.value.find((form) => form.kind === "concern")} words={enScheme} />
      <p class="hint">{enScheme.by(shown.by.name, dayAndTime(shown.made_at))}</p>
      <p class="problem" role="alert">
        {problem}
      </p>
      {shown.closes && (
        <button class="button primary" type="button" onClick={() => void done(shown.version)}>
          {words.dealtWith}
        </button>
      )}
    </div>
  );
}

function Seen({ glass, onSeen }: { glass: string; onSeen: (glass: string) => Promise<void> }) {
  return (
    <button class="button" type="button" onClick={() => void onSeen(glass)}>
      {words.seen}
    </button>
  );
}

function About({ task }: { task: TaskView }) {
  const about = aboutOf(task);
  const href = mayRun() ? hrefOfTask(task) : null;
  return href === null ? <span>{about}</span> : <a href={href}>{about}</a>;
}

function aboutOf(task: TaskView): string {
  switch (task.kind) {
    case "uncovered":
      return words.waiting(task.about);
    case "certificate":
      return words.certificate(task.about);
    case "site_paper":
      return enScheme.kinds[task.about] ?? task.about;
    default:
      return task.about;
  }
}

/** A supervisor has no pages of people and relationships. */
const mayRun = () => me.value?.role === "coordinator";

/** The page on which a task is done. */
export function hrefOfTask(task: TaskView): string | null {
  if (task.kind === "unmatched" && task.account !== null) return hrefOf("match", task.account);
  if (task.conversation !== null) return hrefOf("relationships", task.conversation);
  if (task.account !== null) return hrefOf("people", task.account);
  if (task.kind === "rule" || task.kind === "uncovered") return hrefOf("oversight");
  if (task.kind === "site_paper") return hrefOf("papers");
  return task.kind === "article" ? hrefOf("library") : null;
}

function when(task: TaskView): string {
  if (task.at === null) return "";
  const at = new Date(task.at);
  const named = sameDay(at, new Date()) ? words.today : day(at, new Date(0));
  return words.due.includes(task.kind) ? words.by(named) : words.since(named);
}
