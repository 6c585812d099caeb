// The library (M6): articles and services by topic, a search, and one article with a voice, a place on one's own phone, and a way into a
// message.

import { useEffect, useRef, useState } from "preact/hooks";
import { draft, keepDraft } from "../app/drafts";
import { own } from "../app/device";
import { article, articles, readSaved, save, saved, unsave } from "../app/library";
import { state } from "../app/messenger";
import { cameFrom, hrefOf, hrefOfLibrary, type Shelf } from "../app/route";
import { withShared } from "../app/share";
import { canSpeak, hush, speak, speaking } from "../core/aloud";
import { language, t } from "../text/words";
import { Away, Blocks, spoken } from "../ui/Blocks";
import { Icon } from "../ui/Icon";
import type { ArticleLine, ArticleView, Topic } from "../wire/generated";

/** A search waits until nothing was typed for so long, in milliseconds. */
const TYPED_MS = 300;

export function Library({ shelf }: { shelf: Shelf }) {
  const me = state.value.me?.id;
  useEffect(() => void readSaved(), [me]);
  return <main class="library">{shelf.article ? <Article key={shelf.article} id={shelf.article} /> : <Shelves search={shelf.search} />}</main>;
}

/** The conversation to go back to, and to share into: where one came from, or the only one. */
function home(): string | null {
  const all = Object.keys(state.value.threads);
  if (cameFrom.value !== null && all.includes(cameFrom.value)) return cameFrom.value;
  return all.length === 1 ? (all[0] ?? null) : null;
}

function Back({ to, words }: { to: string; words: string }) {
  return (
    <a class="button quiet" href={to}>
      <Icon name="back" />
      {words}
    </a>
  );
}

function Shelves({ search }: { search: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [asked, setAsked] = useState(search);
  const [found, setFound] = useState<ArticleLine[] | null>(null);
  const [problem, setProblem] = useState("");
  const [more, setMore] = useState(false);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => setAsked(search), [search]);
  useEffect(() => {
    let late = false;
    const look = async () => {
      const got = await articles(asked);
      if (late) return;
      setProblem(got.ok ? "" : got.message);
      if (!got.ok) return setFound(null);
      const [only] = got.value.articles.filter((one) => one.title === search && asked === search);
      if (only) return location.replace(hrefOfLibrary({ article: only.id }));
      setFound(got.value.articles);
      setMore(got.value.more);
    };
    const timer = setTimeout(() => void look(), asked === search ? 0 : TYPED_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [asked, search]);
  const back = home();
  return (
    <>
      <Back to={back ? hrefOf(back) : "#/"} words={t.library.back} />
      <h2 tabIndex={-1} ref={heading}>
        {t.library.title}
      </h2>
      <form role="search" onSubmit={(event) => event.preventDefault()}>
        <div class="field">
          <label for="library-search">{t.library.search}</label>
          <input id="library-search" type="search" value={asked} autoComplete="off" maxLength={200} onInput={(event) => setAsked(event.currentTarget.value)} />
        </div>
      </form>
      <p role="status">{problem || (found ? (asked.trim() === "" ? "" : t.library.found(found.length)) : t.library.looking)}</p>
      {found && found.length === 0 && asked.trim() === "" && <p>{t.library.empty}</p>}
      {found && <Topics lines={found} />}
      {more && <p class="hint">{t.library.more}</p>}
      <Kept />
    </>
  );
}

function Topics({ lines }: { lines: ArticleLine[] }) {
  const topics = [...new Set(lines.map((line) => line.topic))];
  return (
    <>
      {topics.map((topic) => (
        <section key={topic} aria-labelledby={`topic-${topic}`}>
          <h3 id={`topic-${topic}`}>{t.library.topics[topic as Topic]}</h3>
          <ul class="articles" role="list">
            {lines.filter((line) => line.topic === topic).map((line) => (
              <Line key={line.id} line={line} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Line({ line }: { line: ArticleLine }) {
  return (
    <li>
      <a href={hrefOfLibrary({ article: line.id })} lang={line.language}>
        {line.title}
      </a>
      <span class="hint">{line.kind === "service" ? t.library.service : t.library.minutes(line.minutes)}</span>
    </li>
  );
}

/** What was saved, also without a network. */
function Kept() {
  if (saved.value.length === 0) return null;
  return (
    <section aria-labelledby="library-saved">
      <h3 id="library-saved">{t.library.saved}</h3>
      <ul class="articles" role="list">
        {saved.value.map((line) => (
          <Line key={line.id} line={line} />
        ))}
      </ul>
    </section>
  );
}

function Article({ id }: { id: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [shown, setShown] = useState<ArticleView | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void readSaved()
      .then(() => article(id))
      .then((got) => (got.ok ? setShown(got.value) : setProblem(got.message)));
    return hush;
  }, [id]);
  useEffect(() => heading.current?.focus(), [shown !== null]);
  return (
    <>
      <Back to={hrefOfLibrary()} words={t.library.all} />
      {!shown && <p role="status">{problem || t.library.looking}</p>}
      {shown && (
        <article lang={shown.language}>
          <h2 tabIndex={-1} ref={heading}>
            {shown.title}
          </h2>
          <p class="hint" lang={language()}>
            {t.library.topics[shown.topic]}, {t.library.minutes(shown.minutes)}
          </p>
          <Acts shown={shown} />
          <Blocks blocks={shown.blocks} />
          <p class="buttons">
            {shown.phone && (
              <a class="button" href={`tel:${shown.phone.replace(/[^\d+]/g, "")}`}>
                {t.help.call(shown.phone)}
              </a>
            )}
            {shown.link && <Away to={shown.link}>{t.library.page}</Away>}
          </p>
        </article>
      )}
    </>
  );
}

function Acts({ shown }: { shown: ArticleView }) {
  const kept = saved.value.some((one) => one.id === shown.id);
  const conversation = home();
  const share = () => {
    const me = state.value.me;
    if (!conversation || !me) return;
    keepDraft(me.id, conversation, withShared(draft(me.id, conversation), t.library.word, shown.title));
    location.hash = hrefOf(conversation);
  };
  return (
    <p class="buttons" lang={language()}>
      {canSpeak() && (
        <button class="button" type="button" aria-pressed={speaking.value} onClick={() => (speaking.value ? hush() : speak(spoken(shown.title, shown.blocks), shown.language))}>
          {speaking.value ? t.library.hush : t.library.aloud}
        </button>
      )}
      {own.value && (
        <button class="button" type="button" aria-pressed={kept} onClick={() => void (kept ? unsave(shown.id) : save(shown))}>
          {kept && <Icon name="tick" />}
          {kept ? t.library.kept : t.library.keep}
        </button>
      )}
      {conversation && (
        <button class="button" type="button" onClick={share}>
          {t.library.share}
        </button>
      )}
    </p>
  );
}
