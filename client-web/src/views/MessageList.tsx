// What was said. Stays at the end when one is at the end, keeps its place when older messages come above it, and otherwise never moves.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { link, loading, loadProblem, newAfter, older, outbox } from "../app/messenger";
import { day } from "../core/time";
import type { Thread } from "../state/messenger";
import { timeline, type Line } from "../state/timeline";
import { t } from "../text/words";
import { Icon } from "../ui/Icon";
import type { Me } from "../wire/generated";
import { MessageRow } from "./MessageRow";

/** So close to the end counts as at the end. */
const NEAR_END_PX = 80;

export function MessageList({ thread, me }: { thread: Thread; me: Me }) {
  const scroll = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const before = useRef({ height: 0, firstKey: "", count: 0 });
  const [below, setBelow] = useState(0);
  const shown = useSteady(thread);
  const rows = outbox.rows.value;
  const fresh = newAfter.value;
  const lines = useMemo(() => timeline(shown, rows, me.id, fresh), [shown, rows, me.id, fresh]);

  useLayoutEffect(() => {
    const box = scroll.current;
    if (!box) return;
    const was = before.current;
    const firstKey = lines[0]?.entry.key ?? "";
    const last = lines.at(-1);
    const mine = last !== undefined && last.entry.kind !== "delivered" && lines.length > was.count;
    if (atEnd.current || mine) box.scrollTop = box.scrollHeight;
    else if (firstKey !== was.firstKey) box.scrollTop += box.scrollHeight - was.height;
    else if (lines.length > was.count) setBelow((n) => n + lines.length - was.count);
    before.current = { height: box.scrollHeight, firstKey, count: lines.length };
  });

  useEffect(() => {
    const box = scroll.current;
    if (!box || typeof ResizeObserver === "undefined") return;
    // The keyboard of a phone makes the list shorter: what was at the end stays at the end.
    const watch = new ResizeObserver(() => atEnd.current && (box.scrollTop = box.scrollHeight));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);

  const scrolled = () => {
    const box = scroll.current;
    if (!box) return;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
    if (atEnd.current) setBelow(0);
  };
  const toEnd = () => {
    atEnd.current = true;
    setBelow(0);
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight });
  };

  return (
    <div class="log-frame">
      <section class="log" aria-label={t.chat.messages} tabIndex={0} ref={scroll} onScroll={scrolled}>
        <Top thread={thread} empty={lines.length === 0} me={me} />
        <ol role="list">
          {lines.map((line) => (
            <Entry key={line.entry.key} line={line} thread={shown} me={me} />
          ))}
        </ol>
        <Typing thread={thread} />
      </section>
      {below > 0 && (
        <button class="button below" type="button" onClick={toEnd}>
          {t.chat.newBelow(below)}
        </button>
      )}
    </div>
  );
}

/** The conversation as it is; while what was missed comes in, as it was before that. To draw a list anew for each of hundreds would
 * hold up a slow phone for as long as it lasts. What one says oneself meanwhile is shown at once. */
function useSteady(thread: Thread): Thread {
  const { phase, live } = link.state.value;
  const rows = outbox.rows.value;
  const shown = useRef({ thread, rows });
  const catchingUp = phase === "open" && !live;
  const same = shown.current.thread.view.id === thread.view.id && shown.current.rows === rows;
  if (!catchingUp || !same) shown.current = { thread, rows };
  return shown.current.thread;
}

function Top({ thread, empty, me }: { thread: Thread; empty: boolean; me: Me }) {
  const id = thread.view.id;
  const problem = loadProblem.value[id];
  const other = thread.view.parties.find((party) => party.account !== me.id);
  if (problem) {
    return (
      <div class="log-top">
        <p>{problem}</p>
        <button class="button" type="button" onClick={() => older(id)}>
          {t.tryAgain}
        </button>
      </div>
    );
  }
  if (loading.value[id]) return <p class="log-top hint">{t.chat.loading}</p>;
  if (thread.more && thread.loaded) {
    return (
      <div class="log-top">
        <button class="button quiet" type="button" onClick={() => older(id)}>
          <Icon name="up" />
          {t.chat.older}
        </button>
      </div>
    );
  }
  if (empty && thread.loaded) return <p class="log-top hint">{t.chat.empty(other?.name ?? "")}</p>;
  return <p class="log-top hint">{thread.loaded ? t.chat.start : ""}</p>;
}

function Entry({ line, thread, me }: { line: Line; thread: Thread; me: Me }) {
  return (
    <>
      {line.newDay && (
        <li class="divider">
          <h3>{day(line.entry.at, new Date())}</h3>
        </li>
      )}
      {line.firstNew && (
        <li class="divider fresh">
          <h3>{t.chat.newDivider}</h3>
        </li>
      )}
      <MessageRow line={line} thread={thread} me={me} />
    </>
  );
}

function Typing({ thread }: { thread: Thread }) {
  const names = thread.view.parties.filter((party) => party.account in thread.typing).map((party) => party.name);
  if (names.length === 0 || !link.state.value.live) return <p class="typing" />;
  const all = names.join(", ");
  return <p class="typing">{names.length === 1 ? t.chat.typing(all) : t.chat.typingMany(all)}</p>;
}
