// What is written down about a person or a relationship, by kind; writing, changing and putting away.

import { useEffect, useState } from "preact/hooks";
import { actOnPaper, everybody, forms, people, readForms, rewritePaper, writePaper } from "../../app/scheme";
import { day } from "../../core/time";
import { enScheme } from "../../text/scheme";
import { PaperForm, type Answers } from "../../ui/PaperForm";
import { PaperAnswers } from "../../ui/PaperView";
import type { FormView, PaperKind, PaperView } from "../../wire/generated";

interface Props {
  papers: PaperView[];
  /** Which forms there are here. */
  fits: (form: FormView) => boolean;
  of: { account: string } | { conversation: string };
  /** Something was written: what is shown is read anew. */
  onChange: () => void;
  /** A form that is open at first. */
  first?: PaperKind | null;
}

export function Papers({ papers, fits, of, onChange, first = null }: Props) {
  const [adding, setAdding] = useState<PaperKind | null>(first);
  useEffect(() => {
    void readForms();
    if (everybody.value.length === 0) void people();
  }, []);
  useEffect(() => setAdding(first), [first]);
  const own = "account" in of ? of.account : null;
  const others = everybody.value.filter((one) => one.account !== own);
  const here = forms.value.filter(fits);
  const kinds = here.filter((form) => papers.some((paper) => paper.kind === form.kind));
  const mayAdd = here.filter((form) => form.writes && !(form.one && papers.some((paper) => paper.kind === form.kind && paper.closed_at === null)));
  const form = here.find((one) => one.kind === adding);
  const write = async (answers: Answers) => {
    if (!form) return null;
    const about = "account" in of ? { account: of.account, conversation: null } : { account: null, conversation: of.conversation };
    const got = await writePaper({ kind: form.kind, ...about, answers });
    if (!got.ok) return got.message;
    setAdding(null);
    onChange();
    return null;
  };
  return (
    <section class="papers" aria-labelledby="papers-title">
      <h3 id="papers-title">{enScheme.person.papers}</h3>
      <div class="adders" role="group" aria-label={enScheme.person.add}>
        {mayAdd.map((one) => (
          <button key={one.kind} class="button" type="button" aria-expanded={adding === one.kind} onClick={() => setAdding(adding === one.kind ? null : one.kind)}>
            {enScheme.add}: {enScheme.kinds[one.kind]}
          </button>
        ))}
      </div>
      {form && (
        <section class="paper" aria-label={`${enScheme.add}: ${enScheme.kinds[form.kind]}`}>
          <h4>{enScheme.kinds[form.kind]}</h4>
          <PaperForm key={form.kind} form={form} answers={{}} words={enScheme} people={others} onSave={write} onCancel={() => setAdding(null)} />
        </section>
      )}
      {kinds.map((one) => (
        <section key={one.kind} class="paper-kind" aria-label={enScheme.kinds[one.kind]}>
          <h4>{enScheme.kinds[one.kind]}</h4>
          {papers
            .filter((paper) => paper.kind === one.kind)
            .map((paper) => (
              <Paper key={paper.id} paper={paper} form={one} others={others} onChange={onChange} />
            ))}
        </section>
      ))}
    </section>
  );
}

interface PaperProps {
  paper: PaperView;
  form: FormView;
  others: { account: string; name: string }[];
  onChange: () => void;
}

function Paper({ paper, form, others, onChange }: PaperProps) {
  const [changing, setChanging] = useState(false);
  const [problem, setProblem] = useState("");
  const save = async (answers: Answers) => {
    const got = await rewritePaper(paper.id, { version: paper.version, answers });
    if (!got.ok) return got.message;
    setChanging(false);
    onChange();
    return null;
  };
  const close = async () => {
    const got = await actOnPaper(paper.id, "close", paper.version);
    if (got.ok) onChange();
    else setProblem(got.message);
  };
  if (changing)
    return (
      <div class="paper">
        <PaperForm form={form} answers={paper.answers ?? {}} words={enScheme} people={others} onSave={save} onCancel={() => setChanging(false)} />
      </div>
    );
  const names = paper.signed.map((one) => one.name).join(", ");
  return (
    <div class={paper.closed_at === null ? "paper" : "paper over"}>
      <PaperAnswers paper={paper} form={form} words={enScheme} people={everybody.value} />
      {paper.kind === "plan" && <p class="hint">{names === "" ? enScheme.notSigned : enScheme.signed(names)}</p>}
      <p class="hint">
        {enScheme.by(paper.by.name, day(new Date(paper.changed_at), new Date()))}
        {paper.closed_at !== null && <span class="tag">{enScheme.closed}</span>}
      </p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="decide-buttons">
        {paper.writes && (
          <button class="button" type="button" onClick={() => setChanging(true)}>
            {enScheme.change}
          </button>
        )}
        {paper.closes && (
          <button class="button quiet" type="button" onClick={() => void close()}>
            {enScheme.close}
          </button>
        )}
      </div>
    </div>
  );
}
