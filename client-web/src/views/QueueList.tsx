// The live queue, most urgent first and then oldest. Rows stand still while somebody points at them or pauses the list.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { filter, focused, hovered, inStep, me, now, open, paused, queue, queueProblem, rows, showFresh, sites } from "../app/staff";
import { span } from "../core/time";
import { everything, type Filter } from "../state/filter";
import { t } from "../text/words";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { Icon } from "../ui/Icon";
import type { ItemView, Severity as Level } from "../wire/generated";

const SEVERITIES: Level[] = ["urgent", "high", "medium", "low"];
const HOLDERS: Filter["holder"][] = ["all", "free", "mine"];

/** So many rows are drawn at first, and so many more at a time: a queue of thousands is as quick as one of a few. */
const DRAWN = 100;
const drawn = signal(DRAWN);

/** Draws the list down to a row. */
export function reach(row: number): void {
  if (row >= drawn.value) drawn.value = (Math.floor(row / DRAWN) + 1) * DRAWN;
}

/** The end of what is drawn: reached by scrolling, more is drawn by itself. */
function Further({ left }: { left: number }) {
  const end = useRef<HTMLParagraphElement>(null);
  const further = () => (drawn.value += DRAWN);
  useEffect(() => {
    if (!end.current || left <= 0) return;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && further());
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [left > 0, drawn.value]);
  if (left <= 0) return null;
  return (
    <p class="hint" ref={end}>
      {enDuty.list.more(left)}{" "}
      <button class="button quiet" type="button" onClick={further}>
        {enDuty.list.showMore}
      </button>
    </p>
  );
}

export function QueueList() {
  const { items, shown, fresh, selected } = queue.value;
  const hidden = shown.length - rows.value.length;
  const urgent = fresh.filter((id) => items[id]?.severity === "urgent").length;
  return (
    <nav class="queue" aria-label={enStaff.queue.list}>
      <div class="queue-top">
        <button
          class="button quiet"
          type="button"
          aria-pressed={paused.value}
          onClick={() => (paused.value = !paused.value)}
        >
          {paused.value ? enStaff.queue.resume : enStaff.queue.pause}
        </button>
        {fresh.length > 0 && (
          <button class="button primary" type="button" onClick={show}>
            {enStaff.queue.fresh(fresh.length, urgent)}
          </button>
        )}
      </div>
      <Filters />
      {paused.value && <p class="hint">{enStaff.queue.pausedNote}</p>}
      <p class="hint" role="status">
        {hidden > 0 && (
          <>
            {enStaff.queue.hidden(hidden)}{" "}
            <button class="button quiet" type="button" onClick={() => (filter.value = everything)}>
              {enStaff.queue.showAll}
            </button>
          </>
        )}
      </p>
      {shown.length === 0 && fresh.length === 0 ? (
        <p class="empty">{queueProblem.value ?? (inStep.value ? enStaff.queue.empty : enStaff.queue.loading)}</p>
      ) : (
        <ul
          role="list"
          // A finger leaves no pointer behind: only a mouse holds the rows.
          onPointerEnter={(event) => (hovered.value = event.pointerType === "mouse")}
          onPointerLeave={() => (hovered.value = false)}
          onFocusIn={() => (focused.value = true)}
          onFocusOut={focusLeft}
        >
          {rows.value.slice(0, drawn.value).map((item) => (
            <li key={item.item}>
              <Row item={item} chosen={item.item === selected} />
            </li>
          ))}
        </ul>
      )}
      <Further left={rows.value.length - drawn.value} />
      {me.value && <p class="hint who">{t.chats.signedInAs(me.value.name)}</p>}
    </nav>
  );
}

/** Narrows the list; what is urgent stays whatever is chosen. */
function Filters() {
  const { severity, holder, site: chosen } = filter.value;
  const words = enStaff.queue;
  return (
    <div class="filters" role="group" aria-label={words.filters}>
      <label>
        <span class="sr">{words.bySeverity}</span>
        <select value={severity} onChange={(event) => (filter.value = { ...filter.value, severity: event.currentTarget.value as Filter["severity"] })}>
          <option value="all">{words.allSeverities}</option>
          {SEVERITIES.map((one) => (
            <option key={one} value={one} selected={one === severity}>
              {enStaff.severity[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="sr">{words.byHolder}</span>
        <select value={holder} onChange={(event) => (filter.value = { ...filter.value, holder: event.currentTarget.value as Filter["holder"] })}>
          {HOLDERS.map((one) => (
            <option key={one} value={one} selected={one === holder}>
              {words.holders[one]}
            </option>
          ))}
        </select>
      </label>
      {sites.value.length > 1 && (
        <label>
          <span class="sr">{words.bySite}</span>
          <select value={chosen} onChange={(event) => (filter.value = { ...filter.value, site: event.currentTarget.value })}>
            <option value="all">{words.allSites}</option>
            {sites.value.map(({ site, name }) => (
              <option key={site} value={site} selected={site === chosen}>
                {name || words.ownSite}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function focusLeft(event: FocusEvent): void {
  const list = event.currentTarget as Element;
  focused.value = event.relatedTarget instanceof Node && list.contains(event.relatedTarget);
}

/** Shows what came. The button goes with it, so the focus goes to the first row. */
function show(): void {
  showFresh();
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-item]")?.focus());
}

/** The other site that an item belongs to; nothing if it is one's own. */
export function siteName(item: ItemView): string {
  return sites.value.find(({ site }) => site === item.site)?.name ?? "";
}

function Row({ item, chosen }: { item: ItemView; chosen: boolean }) {
  const to = item.to.map((person) => person.name).join(", ");
  const tags = [...new Set(item.findings.map((finding) => enStaff.category[finding.category]))];
  return (
    <button
      class={`row ${item.severity} ${item.state}`}
      type="button"
      data-item={item.item}
      aria-current={chosen ? "true" : undefined}
      onClick={() => void open(item.item)}
    >
      <span class="row-top">
        <Severity item={item} />
        <span class="from-to">{enStaff.queue.fromTo(item.from.name, to)}</span>
      </span>
      <Wait item={item} />
      <span class="tags">
        {tags.map((tag) => (
          <span class="tag" key={tag}>
            {tag}
          </span>
        ))}
        {siteName(item) && <span class="tag">{siteName(item)}</span>}
        {item.second && <span class="tag">{item.proposed ? enStaff.queue.proposed(item.proposed.by.name) : enStaff.queue.second}</span>}
        {item.withdrawn && <span class="tag">{enStaff.queue.withdrawn}</span>}
        {item.tier > 1 && <span class="tag">{enStaff.queue.tier(item.tier)}</span>}
        {item.ringing && (
          <span class="tag ring">
            <Icon name="bell" />
            {enStaff.queue.ringing}
          </span>
        )}
      </span>
      <span class="holder hint">
        {holderWords(item)}
        <Lease item={item} />
      </span>
    </button>
  );
}

export function Severity({ item }: { item: ItemView }) {
  return (
    <span class={`severity ${item.severity}`}>
      <Icon name={item.severity === "low" || item.severity === "medium" ? "eye" : "alert"} />
      {enStaff.severity[item.severity]}
    </span>
  );
}

/** Alone hears the clock, so that a tick writes a few words and not a screen. */
export function Wait({ item }: { item: ItemView }) {
  return <span class="wait">{waitWords(item, now.value)}</span>;
}

export function waitWords(item: ItemView, at: number): string {
  const held = Date.parse(item.held_at);
  const due = Date.parse(item.due_at);
  const target = due > at ? enStaff.queue.left(span(due - at)) : enStaff.queue.late(span(at - due));
  return `${enStaff.queue.waiting(span(at - held))}, ${enStaff.queue.target(span(due - held))}, ${target}`;
}

export function holderWords(item: ItemView): string {
  if (item.state === "decided" && item.decided_by) return enStaff.queue.undoOpen(nameOf(item.decided_by));
  if (item.state === "closed") {
    const outcome = item.outcome ? enStaff.outcome[item.outcome] : "";
    return item.decided_by ? enStaff.queue.over(outcome, nameOf(item.decided_by)) : outcome;
  }
  if (!item.claimed_by) return enStaff.queue.free;
  return item.claimed_by.account === me.value?.id ? enStaff.queue.heldByYou : enStaff.queue.heldBy(item.claimed_by.name);
}

/** How long a colleague has it still, unless they go on. Alone hears the clock. */
function Lease({ item }: { item: ItemView }) {
  if (!item.claimed_until || item.state !== "claimed" || item.claimed_by?.account === me.value?.id) return null;
  const left = Date.parse(item.claimed_until) - now.value;
  return <>{left > 0 ? `, ${enStaff.queue.lease(Math.ceil(left / 10_000) * 10)}` : `, ${enStaff.queue.lapsed}`}</>;
}

/** A name in the middle of a sentence: one's own is "you". */
export function nameOf(holder: { account: string; name: string }): string {
  return holder.account === me.value?.id ? t.chat.you.toLowerCase() : holder.name;
}
