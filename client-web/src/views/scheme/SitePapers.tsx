// What the scheme has written down about itself before the law: the newest version of each paper, the ones before, and writing the next.

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { sitePapers, writeSitePaper } from "../../app/scheme";
import { day } from "../../core/time";
import { enScheme } from "../../text/scheme";
import { PaperForm, type Answers } from "../../ui/PaperForm";
import { PaperAnswers } from "../../ui/PaperView";
import type { FormView, SitePaperView, SitePapersPage } from "../../wire/generated";

const words = enScheme.sitePapers;

export function SitePapers() {
  const [page, setPage] = useState<SitePapersPage | null>(null);
  const [problem, setProblem] = useState("");
  const read = async () => {
    const got = await sitePapers();
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setPage(got.value);
  };
  useEffect(() => void read(), []);
  return (
    <main class="shelves">
      <p>
        <a href={hrefOf("site")}>{enScheme.site.title}</a>
      </p>
      <h2>{words.title}</h2>
      <p>{words.intro}</p>
      <p class="problem" role="alert">
        {problem}
      </p>
      {page === null && problem === "" && <p>{enScheme.loading}</p>}
      {page?.forms.map((form) => (
        <Kind key={form.kind} form={form} versions={page.papers.filter((paper) => paper.kind === form.kind)} onChange={read} />
      ))}
    </main>
  );
}

interface KindProps {
  form: FormView;
  /** The newest first. */
  versions: SitePaperView[];
  onChange: () => Promise<void>;
}

function Kind({ form, versions, onChange }: KindProps) {
  const [writing, setWriting] = useState(false);
  const [newest, ...before] = versions;
  const name = enScheme.kinds[form.kind] ?? form.kind;
  const save = async (answers: Answers) => {
    const got = await writeSitePaper({ kind: form.kind, version: newest?.version ?? 0, answers });
    if (!got.ok) return got.message;
    setWriting(false);
    await onChange();
    return null;
  };
  return (
    <section class="paper-kind" aria-label={name}>
      <h3>{name}</h3>
      {newest === undefined && <p class="hint">{words.missing}</p>}
      {newest !== undefined && !writing && <Version paper={newest} form={form} />}
      {writing ? (
        <section class="paper" aria-label={`${words.write}: ${name}`}>
          <PaperForm form={form} answers={newest?.answers ?? {}} words={enScheme} onSave={save} onCancel={() => setWriting(false)} />
        </section>
      ) : (
        <button class="button" type="button" aria-label={`${newest === undefined ? words.write : words.anew}: ${name}`} onClick={() => setWriting(true)}>
          {newest === undefined ? words.write : words.anew}
        </button>
      )}
      {before.length > 0 && (
        <details>
          <summary>{words.before(before.length)}</summary>
          {before.map((paper) => (
            <Version key={paper.id} paper={paper} form={form} />
          ))}
        </details>
      )}
    </section>
  );
}

function Version({ paper, form }: { paper: SitePaperView; form: FormView }) {
  return (
    <div class="paper">
      <PaperAnswers paper={paper} form={form} words={enScheme} />
      <p class="hint">{words.version(paper.version, paper.by?.name ?? words.operator, day(new Date(paper.at), new Date()))}</p>
    </div>
  );
}
