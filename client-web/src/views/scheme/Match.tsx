// A mentor for a mentee (C5): needs beside offers, what speaks for each and what stands against, and the plan to begin with.

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { begin, everybody, forms, matches, people, readForms } from "../../app/scheme";
import { enScheme } from "../../text/scheme";
import { Modal } from "../../ui/Modal";
import { PaperForm, type Answers } from "../../ui/PaperForm";
import type { MatchLine, MatchPage, PersonLine } from "../../wire/generated";

const words = enScheme.match;

export function Match({ id }: { id: string }) {
  const [page, setPage] = useState<MatchPage | null>(null);
  const [problem, setProblem] = useState("");
  const [chosen, setChosen] = useState<PersonLine | null>(null);
  useEffect(() => {
    void readForms();
    void people();
    void matches(id).then((got) => {
      setProblem(got.ok ? "" : got.message);
      if (got.ok) setPage(got.value);
    });
  }, [id]);
  if (page === null)
    return (
      <main class="shelves">
        <p role="alert">{problem || enScheme.loading}</p>
      </main>
    );
  return (
    <main class="shelves">
      <p>
        <a href={hrefOf("people", id)}>{page.mentee.name}</a>
      </p>
      <h2>{words.title(page.mentee.name)}</h2>
      <section class="part" aria-label={words.looks}>
        <h3>{words.looks}</h3>
        <Said answers={page.needs} none={words.nothing} />
      </section>
      {page.mentors.length === 0 && <p class="empty">{words.noMentors}</p>}
      <ul class="matches">
        {page.mentors.map((line) => (
          <li key={line.mentor.account} class="paper">
            <Mentor line={line} onChoose={() => setChosen(line.mentor)} />
          </li>
        ))}
      </ul>
      {chosen && <Begin mentee={page.mentee} mentor={chosen} onClose={() => setChosen(null)} />}
    </main>
  );
}

function Mentor({ line, onChoose }: { line: MatchLine; onChoose: () => void }) {
  return (
    <>
      <h3>
        <a href={hrefOf("people", line.mentor.account)}>{line.mentor.name}</a>
      </h3>
      <p class="hint">{words.carries(line.mentor.relationships)}</p>
      {line.reasons.length > 0 && (
        <p>
          {words.why}: {line.reasons.map((one) => `${enScheme.fields[one.field]}: ${enScheme.words[one.word] ?? one.word}`).join("; ")}
        </p>
      )}
      {line.against.length > 0 && (
        <p class={line.stopped ? "problem" : "note"}>
          {words.against}: {line.against.map((one) => words.reasons[one]).join("; ")}
        </p>
      )}
      <details>
        <summary>{words.offers}</summary>
        <Said answers={line.offer} none="" />
      </details>
      {!line.stopped && (
        <button class="button primary" type="button" onClick={onChoose}>
          {words.choose}
        </button>
      )}
    </>
  );
}

function Said({ answers, none }: { answers: Answers; none: string }) {
  const all = Object.entries(answers).filter(([field]) => field !== "apart");
  if (all.length === 0) return <p class="hint">{none}</p>;
  const shown = (answer: Answers[string]) => {
    if (typeof answer === "boolean") return answer ? enScheme.yes : enScheme.no;
    return Array.isArray(answer) ? answer.map((word) => enScheme.words[word] ?? word).join(", ") : String(answer);
  };
  return (
    <dl class="answers">
      {all.map(([field, answer]) => (
        <div key={field}>
          <dt>{enScheme.fields[field]}</dt>
          <dd>{shown(answer)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Begin({ mentee, mentor, onClose }: { mentee: PersonLine; mentor: PersonLine; onClose: () => void }) {
  const [also, setAlso] = useState<string[]>([]);
  const plan = forms.value.find((form) => form.kind === "plan");
  const officers = everybody.value.filter((one) => one.role === "guest_officer" && one.standing !== "suspended");
  const save = async (answers: Answers) => {
    const got = await begin([mentee.account, mentor.account, ...also], answers);
    if (!got.ok) return got.message;
    location.hash = hrefOf("relationships", got.value.id);
    return null;
  };
  return (
    <Modal id="begin-title" title={words.beginTitle(mentee.name, mentor.name)} onClose={onClose}>
      {officers.length > 0 && (
        <fieldset class="field">
          <legend>{words.officers}</legend>
          {officers.map((one) => (
            <label class="check" key={one.account}>
              <input type="checkbox" checked={also.includes(one.account)} onChange={(event) => setAlso(event.currentTarget.checked ? [...also, one.account] : also.filter((id) => id !== one.account))} /> {one.name}
            </label>
          ))}
        </fieldset>
      )}
      {plan && <PaperForm form={plan} answers={{ form: "one_to_one" }} words={enScheme} saveAs={words.begin} onSave={save} onCancel={onClose} />}
    </Modal>
  );
}
