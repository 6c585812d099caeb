// One item: the message with what the rules saw, marked in place and explained in words; what was said before; and the acts that the
// server allows, always in the same order and place.

import { useEffect, useRef, useState } from "preact/hooks";
import { behind, more } from "../app/behind";
import { fold } from "../app/duty";
import { keysOn } from "../app/keys";
import * as staff from "../app/staff";
import { clock, day } from "../core/time";
import { stretches } from "../core/spans";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { Diff } from "../ui/Diff";
import { Icon } from "../ui/Icon";
import type { ActName, Category, Finding, ItemView, Span } from "../wire/generated";
import { Around, Behind } from "./Behind";
import { Decide, form, type FormName } from "./Decide";
import { nameOf, Severity, Wait } from "./QueueList";

/** A key releases at once only what was on the screen for so long. */
const READ_MS = 1_000;

let openedAt = 0;

/** Releases a low or medium item; asks first for the others. */
export function meansRelease(item: ItemView): void {
  const serious = item.severity === "high" || item.severity === "urgent";
  if (serious || Date.now() - openedAt < READ_MS) form.value = "release";
  else void staff.decide(item, { kind: "release" });
}

export function Item({ item }: { item: ItemView }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    openedAt = Date.now();
    form.value = null;
    heading.current?.focus();
    return () => (form.value = null);
  }, []);
  useEffect(() => {
    // What is no longer mine to decide is no longer mine to fill in.
    if (form.value !== null && !item.acts.includes(form.value)) form.value = null;
  }, [item.version]);
  useEffect(() => {
    // The button that was pressed may be gone: the focus must not fall off the page.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [item.version, form.value]);
  const to = item.to.map((person) => person.name).join(", ");
  return (
    <article class="item" aria-labelledby="item-title">
      <header class="item-top">
        <button class="button quiet back-to-queue" type="button" onClick={() => void staff.closeDetail()}>
          <Icon name="back" />
          {enStaff.item.back}
        </button>
        <h2 id="item-title" tabIndex={-1} ref={heading}>
          {enStaff.queue.fromTo(item.from.name, to)}
        </h2>
        <p class="facts">
          <Severity item={item} /> {item.state !== "closed" && <Wait item={item} />}
        </p>
        <State item={item} />
        {staff.trouble.value && (
          <p class="error-summary" role="alert">
            {staff.trouble.value}
          </p>
        )}
      </header>
      <Acts item={item} />
      {form.value && <Decide key={form.value} item={item} name={form.value} />}
      <section aria-labelledby="item-message">
        <h3 id="item-message">{enStaff.item.message}</h3>
        <Two item={item} />
        <Held item={item} />
      </section>
      <Findings findings={item.findings} rules={item.rules} />
      <Context item={item} />
      <Around item={item} />
      <Behind item={item} />
    </article>
  );
}

function State({ item }: { item: ItemView }) {
  return (
    <p class="item-state" role="status">
      {stateWords(item)} {item.withdrawn && item.state !== "closed" && enStaff.item.withdrawnNote}
      {!staff.live.value && <strong> {enStaff.item.notLive}</strong>}
    </p>
  );
}

function stateWords(item: ItemView): string {
  const by = item.decided_by;
  if (item.state === "decided" && by) return enStaff.item.undoOpen(nameOf(by));
  if (item.state === "closed") {
    const outcome = item.outcome ? enStaff.outcome[item.outcome] : "";
    return by ? enStaff.item.decided(outcome, nameOf(by)) : enStaff.item.decidedAlone(outcome);
  }
  if (!item.claimed_by) return enStaff.item.free;
  return item.claimed_by.account === staff.me.value?.id ? enStaff.item.yours : enStaff.item.colleague(item.claimed_by.name);
}

/** The order in which acts stand, whatever the server's order. */
const ORDER: ActName[] = [
  "claim",
  "release",
  "alter",
  "reject",
  "rephrase",
  "escalate",
  "note",
  "undo",
  "acknowledge",
  "unclaim",
];

/** The key of each act that has one, as it stands on its button. */
const KEYS: Partial<Record<ActName, string>> = {
  claim: "C",
  unclaim: "C",
  release: "R",
  alter: "E",
  reject: "X",
  escalate: "G",
  note: "N",
  undo: "U",
  acknowledge: "A",
};

function Acts({ item }: { item: ItemView }) {
  const acts = ORDER.filter((act) => item.acts.includes(act));
  if (acts.length === 0) return null;
  return (
    <div class="acts" role="group" aria-label={enStaff.item.acts}>
      {acts.map((act) => (
        <button
          key={act}
          class={`button ${act === "release" || act === "claim" ? "primary" : ""} ${act === "reject" ? "danger" : ""}`}
          type="button"
          disabled={!staff.live.value || staff.busy.value}
          aria-expanded={isForm(act) ? form.value === act : undefined}
          aria-keyshortcuts={keysOn.value ? KEYS[act] : undefined}
          onClick={() => press(item, act)}
        >
          {enStaff.act[act]}
          {keysOn.value && KEYS[act] && <kbd aria-hidden="true">{KEYS[act]}</kbd>}
        </button>
      ))}
    </div>
  );
}

function isForm(act: ActName): act is Exclude<FormName, "release"> {
  return act === "alter" || act === "reject" || act === "rephrase" || act === "escalate" || act === "note";
}

function press(item: ItemView, act: ActName): void {
  if (isForm(act)) {
    form.value = form.value === act ? null : act;
    return;
  }
  switch (act) {
    case "claim":
      return void staff.claim(item.item);
    case "unclaim":
      return void staff.giveBack(item.item);
    case "undo":
      return void staff.undo(item.item);
    case "acknowledge":
      return void staff.acknowledge(item.item);
    case "release":
      if (item.severity === "high" || item.severity === "urgent") form.value = "release";
      else void staff.decide(item, { kind: "release" });
  }
}

/** What is folded away until it is opened, for who wants that. */
const GRAPHIC: ReadonlySet<Category> = new Set<Category>(["self_harm", "sexual", "hate", "threat", "abuse"]);

/** The message itself. */
function Held({ item }: { item: ItemView }) {
  const [open, setOpen] = useState(false);
  const about = [...new Set(item.findings.map((finding) => finding.category))].filter((one) => GRAPHIC.has(one));
  if (fold.value && about.length > 0 && !open) {
    return (
      <p class="held-text">
        {enDuty.rest.folded(about.map((one) => enStaff.category[one]).join(", "))}{" "}
        <button class="button" type="button" onClick={() => setOpen(true)}>
          {enDuty.rest.show}
        </button>
      </p>
    );
  }
  return (
    <p class="held-text">
      <Marked text={item.text} spans={item.findings.map((finding) => finding.span)} />
    </p>
  );
}

/** What one of two people wants, where two must agree. */
function Two({ item }: { item: ItemView }) {
  if (!item.second || item.state === "closed" || item.state === "decided") return null;
  const { proposed } = item;
  if (!proposed) return <p class="note">{enDuty.two.needs}</p>;
  if (proposed.by.account === staff.me.value?.id) return <p class="note">{enDuty.two.own}</p>;
  if (proposed.decision.kind !== "alter") return <p class="note">{enDuty.two.release(proposed.by.name)}</p>;
  return (
    <div class="note">
      <p>{enDuty.two.alter(proposed.by.name)}</p>
      <Diff before={item.text} after={proposed.decision.text} />
    </div>
  );
}

function Marked({ text, spans }: { text: string; spans: (Span | null)[] }) {
  return (
    <>
      {stretches(text, spans).map((stretch, at) =>
        stretch.marks.length === 0 ? (
          <span key={at}>{stretch.text}</span>
        ) : (
          <mark key={at}>
            {stretch.text}
            <sup>
              <span class="sr">{enStaff.item.finding} </span>
              {stretch.marks.map((mark) => mark + 1).join(", ")}
            </sup>
          </mark>
        ),
      )}
    </>
  );
}

function Findings({ findings, rules }: { findings: Finding[]; rules: string }) {
  return (
    <section aria-labelledby="item-why">
      <h3 id="item-why">{enStaff.item.why}</h3>
      <ol class="findings" role="list">
        {findings.map((finding, at) => (
          <li key={at}>
            <p>
              <strong>
                {at + 1}. {enStaff.category[finding.category]}
              </strong>{" "}
              <span class="hint">{enStaff.item.severity(enStaff.severity[finding.severity])}</span>
            </p>
            <p>{finding.why}</p>
            {finding.evasion.length > 0 && (
              <p>{enStaff.item.hiddenBy(finding.evasion.map((how) => enStaff.evasion[how]).join(", "))}</p>
            )}
            <p class="hint">{enStaff.item.rule(finding.rule, rules)}</p>
            {finding.span === null && <p class="hint">{enStaff.item.noSpan}</p>}
            {finding.parts.length > 0 && <p>{enStaff.item.earlier}</p>}
            {finding.parts.map((part) => (
              <blockquote key={part.message}>
                <Part text={part.text} span={part.span} />
              </blockquote>
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Part({ text, span }: { text: string; span: Span }) {
  return (
    <>
      {stretches(text, [span]).map((stretch, at) =>
        stretch.marks.length > 0 ? <mark key={at}>{stretch.text}</mark> : <span key={at}>{stretch.text}</span>,
      )}
    </>
  );
}

function Context({ item }: { item: ItemView }) {
  const names = new Map([item.from, ...item.to].map((person) => [person.account, person.name]));
  const known = behind.value?.item === item.item ? behind.value.known.before : null;
  const lines = (more.value && known ? known : item.context).filter((line) => line.message !== item.message);
  const hasMore = !more.value && known !== null && known.length > lines.length;
  return (
    <section aria-labelledby="item-context">
      <h3 id="item-context">{enStaff.item.context}</h3>
      {lines.length === 0 && <p class="hint">{enStaff.item.noContext}</p>}
      {hasMore && (
        <button class="button quiet" type="button" onClick={() => (more.value = true)}>
          {enDuty.behind.more}
          {keysOn.value && <kbd aria-hidden="true">M</kbd>}
        </button>
      )}
      <ol class="context" role="list">
        {lines.map((line) => (
          <li key={line.message}>
            <p class="hint">
              <strong>{names.get(line.from) ?? ""}</strong>{" "}
              <time dateTime={line.at}>
                {day(new Date(line.at), new Date())}, {clock(new Date(line.at))}
              </time>
              {line.status !== "delivered" && `, ${line.status === "held" ? enStaff.item.heldStill : enStaff.item.notDelivered}`}
            </p>
            <p class="context-text">{line.text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
