// Writing an article, and publishing what another wrote: the fields, how it will look on a phone, how hard it is to read, and the acts that
// the server allows this person.

import { useEffect, useRef, useState } from "preact/hooks";
import { act, EMPTY, forgetUnsaved, hrefOfPage, keep, keepUnsaved, preview, unsaved, version } from "../app/writing";
import { dayAndTime } from "../core/time";
import { enStaff } from "../text/staff";
import { t } from "../text/words";
import { Blocks } from "../ui/Blocks";
import type { ArticleAct, ArticleKind, Language, Manuscript, Preview, Topic, VersionView } from "../wire/generated";

/** The preview waits until nothing was typed for so long, in milliseconds. */
const TYPED_MS = 400;
/** Above this school year a text is hard for who we write for: nine to eleven years of age. */
const GRADE_MAX = 6;
const TITLE_MAX = 120;
const BODY_MAX = 12_000;
const TOPICS = Object.keys(t.library.topics) as Topic[];
const ACTS: Exclude<ArticleAct, "save">[] = ["submit", "publish", "send_back", "archive"];

const words = enStaff.library;

export function Writing({ id }: { id: string | null }) {
  const { seen, content, problem, done, theirs, changed, write, finish } = useVersion(id);
  const said = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (problem) said.current?.focus();
  }, [problem]);
  return (
    <main class="shelves">
      <a class="button quiet" href={hrefOfPage()}>
        {words.back}
      </a>
      <h2>{seen ? words.edit : words.write}</h2>
      {seen && <Where seen={seen} />}
      <p class="problem" role="alert" tabIndex={-1} ref={said}>
        {problem}
      </p>
      <p role="status">{done}</p>
      {theirs && <Theirs theirs={theirs} />}
      {content === null && problem === "" && <p>{words.loading}</p>}
      {content && (
        <div class="writing">
          <Fields content={content} change={(part) => write({ ...content, ...part })} />
          <Look content={content} />
          <p class="buttons">
            {(!seen || seen.acts.includes("save")) && (
              <button class="button primary" type="button" disabled={!changed} onClick={() => void finish(keep(seen, content), words.isSaved)}>
                {words.save}
              </button>
            )}
            {seen &&
              ACTS.filter((one) => seen.acts.includes(one)).map((one) => (
                <button class={one === "archive" ? "button danger" : "button"} type="button" key={one} disabled={changed} onClick={() => void finish(act(seen, one), words.done[one])}>
                  {words.acts[one]}
                </button>
              ))}
          </p>
          {seen && changed && <p class="hint">{words.saveFirst}</p>}
          {seen?.state === "in_review" && !seen.acts.includes("publish") && <p class="hint">{words.needsOther}</p>}
        </div>
      )}
    </main>
  );
}

/** A version as it was seen, what is written over it, and what came of the last act. Nothing that was written is lost by any of it. */
function useVersion(id: string | null) {
  const [seen, setSeen] = useState<VersionView | null>(null);
  const [content, setContent] = useState<Manuscript | null>(id === null ? EMPTY : null);
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState("");
  const [theirs, setTheirs] = useState<Manuscript | null>(null);
  const read = async () => {
    const left = unsaved(id);
    const got = id === null ? null : await version(id);
    if (got && !got.ok) return setProblem(got.message);
    if (got) setSeen(got.value);
    const there = got ? got.value.content : EMPTY;
    setContent(left ?? there);
    if (left && !same(left, there)) setDone(words.unsavedBack);
  };
  useEffect(() => void read(), [id]);
  /** Another was faster: what they made of it is shown beside what is written here. */
  const readTheirs = async (of: string) => {
    const got = await version(of);
    if (!got.ok) return;
    setSeen(got.value);
    setTheirs(got.value.content);
  };
  const write = (next: Manuscript) => {
    setContent(next);
    keepUnsaved(seen?.id ?? id, next);
  };
  const finish = async (work: ReturnType<typeof keep>, say: string) => {
    setProblem("");
    setDone("");
    const got = await work;
    if (!got.ok) {
      setProblem(got.message);
      if (got.code === "stale_version" && seen) void readTheirs(seen.id);
      return;
    }
    setSeen(got.value);
    setContent(got.value.content);
    setTheirs(null);
    for (const place of [id, got.value.id]) forgetUnsaved(place);
    setDone(say);
    if (id === null) history.replaceState(null, "", hrefOfPage(got.value.id));
  };
  const changed = content !== null && !same(content, seen?.content ?? EMPTY);
  return { seen, content, problem, done, theirs, changed, write, finish };
}

function Theirs({ theirs }: { theirs: Manuscript }) {
  return (
    <details class="theirs" open>
      <summary>{words.theirs}</summary>
      <p>{words.theirsHint}</p>
      <h3>{theirs.title}</h3>
      <pre>{theirs.body}</pre>
    </details>
  );
}

function same(a: Manuscript, b: Manuscript): boolean {
  return (Object.keys(EMPTY) as (keyof Manuscript)[]).every((key) => a[key] === b[key]);
}

function Where({ seen }: { seen: VersionView }) {
  return (
    <p class="hint">
      {words.states[seen.state]}. {words.changed(seen.author, dayAndTime(seen.changed_at))}
      {seen.published_at && ` ${words.published(seen.published_by, dayAndTime(seen.published_at))}`}
      {seen.read !== null && ` ${words.readMeanwhile}`}
    </p>
  );
}

interface FieldsOf {
  content: Manuscript;
  change: (part: Partial<Manuscript>) => void;
}

function Fields({ content, change }: FieldsOf) {
  return (
    <div class="fields">
      <div class="field">
        <label for="write-title">{words.name}</label>
        <input id="write-title" value={content.title} maxLength={TITLE_MAX} onInput={(event) => change({ title: event.currentTarget.value })} />
      </div>
      <div class="field">
        <label for="write-kind">{words.kind}</label>
        <select id="write-kind" value={content.kind} onChange={(event) => change({ kind: event.currentTarget.value as ArticleKind })}>
          <option value="article">{words.kinds.article}</option>
          <option value="service">{words.kinds.service}</option>
        </select>
      </div>
      <div class="field">
        <label for="write-topic">{words.topic}</label>
        <select id="write-topic" value={content.topic} onChange={(event) => change({ topic: event.currentTarget.value as Topic })}>
          {TOPICS.map((topic) => (
            <option key={topic} value={topic}>
              {t.library.topics[topic]}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="write-language">{words.language}</label>
        <select id="write-language" value={content.language} onChange={(event) => change({ language: event.currentTarget.value as Language })}>
          <option value="en">{t.me.languages.en}</option>
          <option value="cy">{t.me.languages.cy}</option>
        </select>
      </div>
      <div class="field">
        <label for="write-body">{words.body}</label>
        <p class="hint" id="write-how">
          {words.how}
        </p>
        <textarea id="write-body" rows={14} value={content.body} maxLength={BODY_MAX} aria-describedby="write-how" onInput={(event) => change({ body: event.currentTarget.value })} />
      </div>
      <div class="field">
        <label for="write-phone">{words.phone}</label>
        <input id="write-phone" inputMode="tel" value={content.phone ?? ""} onInput={(event) => change({ phone: event.currentTarget.value || null })} />
      </div>
      <div class="field">
        <label for="write-link">{words.link}</label>
        <input id="write-link" inputMode="url" value={content.link ?? ""} placeholder="https://" onInput={(event) => change({ link: event.currentTarget.value || null })} />
      </div>
    </div>
  );
}

/** As a mentee will see it; while something is wrong with it, what. */
function Look({ content }: { content: Manuscript }) {
  const [looks, setLooks] = useState<Preview | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (content.title.trim() === "" || content.body.trim() === "") return setLooks(null);
    let late = false;
    const timer = setTimeout(() => {
      void preview(content).then((got) => {
        if (late) return;
        setProblem(got.ok ? "" : got.message);
        if (got.ok) setLooks(got.value);
      });
    }, TYPED_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [content]);
  return (
    <section class="look" aria-labelledby="look-title">
      <h3 id="look-title">{words.preview}</h3>
      {looks ? (
        <>
          <p class="hint" role="status">
            {words.minutes(looks.minutes)}
            {looks.grade !== null && ` ${words.grade(looks.grade)}`}
            {looks.grade !== null && looks.grade > GRADE_MAX && ` ${words.tooHard}`}
          </p>
          <p class="problem">{problem}</p>
          <div class="phone" lang={content.language}>
            <h4>{content.title}</h4>
            <Blocks blocks={looks.blocks} />
          </div>
        </>
      ) : (
        <p class="hint">{problem || words.nothingYet}</p>
      )}
    </section>
  );
}
