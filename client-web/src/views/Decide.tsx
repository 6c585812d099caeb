// The forms of the decisions that need words. Each checks what only it can know and says what is missing; the server decides the rest.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { duty } from "../app/duty";
import * as staff from "../app/staff";
import { never } from "../core/never";
import { t } from "../text/words";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { Diff } from "../ui/Diff";
import type { Category, DecisionBody, ItemView, Reason } from "../wire/generated";

export type FormName = "release" | "alter" | "reject" | "rephrase" | "escalate" | "note";

/** The open form of the open item. */
export const form = signal<FormName | null>(null);

interface Draft {
  text: string;
  reason: Reason | null;
  note: string;
  log: string;
  /** What was ticked before it is handed on. */
  checks: number[];
}

export function Decide({ item, name }: { item: ItemView; name: FormName }) {
  const [draft, setDraft] = useState<Draft>(() => begin(item, name));
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLFormElement>(null);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  useEffect(() => box.current?.querySelector<HTMLElement>("textarea, input:checked, button")?.focus(), []);

  const submit = async () => {
    const wrong = missing(item, name, draft);
    setProblem(wrong);
    if (wrong !== null) return;
    // The form stays when a decision is refused, so that nothing has to be written twice.
    if (await staff.decide(item, decisionOf(name, draft))) form.value = null;
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !event.ctrlKey) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form
      class="decide"
      ref={box}
      aria-labelledby="decide-title"
      noValidate
      onKeyDown={keys}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h3 id="decide-title">{titleOf(name)}</h3>
      {problem && (
        <p class="error-summary" role="alert">
          {enStaff.decide.problem}: {problem}
        </p>
      )}
      <Fields item={item} name={name} draft={draft} change={change} />
      <div class="decide-buttons">
        <button
          class={`button ${name === "reject" ? "danger" : "primary"}`}
          type="submit"
          disabled={!staff.live.value || staff.busy.value}
        >
          {confirmOf(name)}
        </button>
        <button class="button quiet" type="button" onClick={() => (form.value = null)}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}

interface FieldsProps {
  item: ItemView;
  name: FormName;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

function Fields({ item, name, draft, change }: FieldsProps) {
  const note = (label: string) => (
    <Area id="note" label={label} hint={enStaff.decide.noteHint} value={draft.note} set={(text) => change({ note: text })} />
  );
  const log = (label: string) => (
    <Area id="log" label={label} hint={enStaff.decide.logHint} value={draft.log} set={(text) => change({ log: text })} />
  );
  switch (name) {
    case "release":
      return <p>{enStaff.decide.releaseHint(enStaff.severity[item.severity])}</p>;
    case "alter":
      return (
        <>
          <Area id="text" label={enStaff.decide.alterText} value={draft.text} set={(text) => change({ text })} />
          <div>
            <p class="label">{enStaff.decide.alterDiff}</p>
            {draft.text.trim() === item.text ? (
              <p class="hint">{enStaff.decide.alterSame}</p>
            ) : (
              <Diff before={item.text} after={draft.text} />
            )}
          </div>
          <Reasons value={draft.reason} set={(reason) => change({ reason })} />
          {note(enStaff.decide.noteOptional)}
          {log(enStaff.decide.logOptional)}
          <Preview item={item} draft={draft} />
        </>
      );
    case "reject":
      return (
        <>
          <Reasons value={draft.reason} set={(reason) => change({ reason, note: noteFor(draft, reason) })} />
          {note(enStaff.decide.note)}
          {log(enStaff.decide.logOptional)}
        </>
      );
    case "rephrase":
      return note(enStaff.decide.note);
    case "escalate":
      return (
        <>
          <p>{enStaff.decide.escalateHint}</p>
          <Danger item={item} value={draft.checks} set={(checks) => change({ checks })} />
          {log(enStaff.decide.log)}
        </>
      );
    case "note":
      return log(enStaff.decide.log);
    default:
      return never(name);
  }
}

/** What each side will read. */
function Preview({ item, draft }: { item: ItemView; draft: Draft }) {
  const words = enDuty.preview;
  const text = draft.text.trim();
  return (
    <section class="preview" aria-label={words.title}>
      <p class="label">{words.title}</p>
      <div>
        <p class="hint">{words.others(item.to.map((person) => person.name).join(", "))}</p>
        <p class="quoted">{text}</p>
      </div>
      <div>
        <p class="hint">{words.sender(item.from.name)}</p>
        <p>{words.changed}</p>
        <p class="quoted">{text}</p>
        {draft.note.trim() !== "" && <p class="quoted">{draft.note.trim()}</p>}
      </div>
    </section>
  );
}

/** Who is above, and what must not be forgotten before a message is handed on. */
function Danger({ item, value, set }: { item: ItemView; value: number[]; set: (checks: number[]) => void }) {
  const words = enDuty.danger;
  const above = (duty.value?.on ?? []).filter((one) => one.tier > item.tier && one.account !== staff.me.value?.id);
  return (
    <fieldset class="field">
      <legend>{words.title}</legend>
      <p>{above.length > 0 ? words.lead(above.map((one) => one.name).join(", ")) : words.noLead}</p>
      <p>
        <strong>{words.numbers}</strong>
      </p>
      {words.checks.map((check, at) => (
        <label class="check" key={check}>
          <input type="checkbox" checked={value.includes(at)} onChange={(event) => set(event.currentTarget.checked ? [...value, at] : value.filter((one) => one !== at))} />
          {check}
        </label>
      ))}
    </fieldset>
  );
}

function Area(props: { id: string; label: string; hint?: string; value: string; set: (text: string) => void }) {
  const id = `decide-${props.id}`;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      <textarea
        id={id}
        rows={3}
        value={props.value}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onInput={(event) => props.set(event.currentTarget.value)}
      />
    </div>
  );
}

const REASONS = Object.keys(enStaff.staffReason) as Reason[];

function Reasons({ value, set }: { value: Reason | null; set: (reason: Reason) => void }) {
  return (
    <fieldset class="field">
      <legend>{enStaff.decide.reason}</legend>
      <div class="reasons">
        {REASONS.map((reason) => (
          <label class="check" key={reason}>
            <input type="radio" name="reason" value={reason} checked={value === reason} onChange={() => set(reason)} />
            {enStaff.staffReason[reason]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function begin(item: ItemView, name: FormName): Draft {
  const reason = reasonOf(item.findings[0]?.category);
  const proposed = item.proposed?.decision;
  // What a colleague proposed is agreed to by the same words.
  if (name === "alter" && proposed?.kind === "alter") return { text: proposed.text, reason: proposed.reason, note: proposed.note ?? "", log: "", checks: [] };
  const note = name === "reject" ? enStaff.template[reason] : name === "rephrase" ? enStaff.rephraseTemplate : "";
  return { text: item.text, reason, note, log: "", checks: [] };
}

/** A new reason brings its own words, unless somebody has written others. */
function noteFor(draft: Draft, reason: Reason): string {
  const untouched = draft.note.trim() === "" || Object.values<string>(enStaff.template).includes(draft.note);
  return untouched ? enStaff.template[reason] : draft.note;
}

function missing(item: ItemView, name: FormName, draft: Draft): string | null {
  switch (name) {
    case "release":
      return null;
    case "alter":
      if (draft.text.trim() === "") return enStaff.decide.needText;
      if (draft.text.trim() === item.text) return enStaff.decide.needChange;
      return draft.reason === null ? enStaff.decide.needReason : null;
    case "reject":
      if (draft.reason === null) return enStaff.decide.needReason;
      return draft.note.trim() === "" ? enStaff.decide.needNote : null;
    case "rephrase":
      return draft.note.trim() === "" ? enStaff.decide.needNote : null;
    case "escalate":
    case "note":
      return draft.log.trim() === "" ? enStaff.decide.needLog : null;
    default:
      return never(name);
  }
}

export function decisionOf(name: FormName, draft: Draft): DecisionBody {
  const reason = draft.reason ?? "other";
  const note = draft.note.trim();
  const log = draft.log.trim();
  const noted = note === "" ? {} : { note };
  const logged = log === "" ? {} : { log };
  switch (name) {
    case "release":
      return { kind: "release" };
    case "alter":
      return { kind: "alter", text: draft.text.trim(), reason, ...noted, ...logged };
    case "reject":
      return { kind: "reject", reason, note, ...logged };
    case "rephrase":
      return { kind: "rephrase", note };
    case "escalate":
      return { kind: "escalate", log: [...[...draft.checks].sort().map((at) => enDuty.danger.checks[at] ?? ""), log].join("\n") };
    case "note":
      return { kind: "note", log };
    default:
      return never(name);
  }
}

function titleOf(name: FormName): string {
  return enStaff.decide[`${name}Title`];
}

function confirmOf(name: FormName): string {
  return enStaff.decide[`${name}Confirm`];
}

export function reasonOf(category: Category | undefined): Reason {
  switch (category) {
    case undefined:
    case "drift":
    case "filter":
      return "other";
    case "contact_phone":
    case "contact_email":
    case "contact_handle":
    case "contact_address":
    case "contact_url":
      return "contact_details";
    case "meet":
      return "meeting";
    case "abuse":
    case "hate":
    case "threat":
    case "self_harm":
    case "sexual":
    case "drugs":
    case "offending":
    case "money":
    case "secrecy":
    case "restricted":
      return category;
    default:
      return never(category);
  }
}
