// A form as the server describes it: a field for each question, and the words for it from whoever shows it.

import { useState } from "preact/hooks";
import type { Answer, FieldView, FormView } from "../wire/generated";

export type Answers = Record<string, Answer>;

export interface FormWords {
  fields: Record<string, string>;
  words: Record<string, string>;
  hints: Record<string, string>;
  save: string;
  cancel: string;
  choose: string;
  needed: string;
}

interface Props {
  form: FormView;
  answers: Answers;
  words: FormWords;
  /** Whom a field may name. */
  people?: { account: string; name: string }[];
  saveAs?: string;
  /** Gives what is wrong, or nothing once it is saved. */
  onSave: (answers: Answers) => Promise<string | null>;
  onCancel: () => void;
}

export function PaperForm({ form, answers, words, people = [], saveAs, onSave, onCancel }: Props) {
  const [written, setWritten] = useState<Answers>(answers);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (name: string, answer: Answer | null) => {
    const { [name]: _gone, ...rest } = written;
    setWritten(answer === null ? rest : { ...rest, [name]: answer });
  };
  const save = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem((await onSave(written)) ?? "");
    setBusy(false);
  };
  const hint = words.hints[form.kind];
  return (
    <form class="fields paper-form" onSubmit={(event) => void save(event)}>
      {hint && <p class="hint">{hint}</p>}
      {form.fields.map((field) => (
        <Field key={field.name} kind={form.kind} field={field} words={words} people={people} answer={written[field.name] ?? null} set={(answer) => set(field.name, answer)} />
      ))}
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="decide-buttons">
        <button class="button primary" type="submit" disabled={busy}>
          {saveAs ?? words.save}
        </button>
        <button class="button" type="button" onClick={onCancel}>
          {words.cancel}
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  kind: string;
  field: FieldView;
  words: FormWords;
  people: { account: string; name: string }[];
  answer: Answer | null;
  set: (answer: Answer | null) => void;
}

function Field(props: FieldProps) {
  const { kind, field, words, people, answer, set } = props;
  const id = `paper-${kind}-${field.name}`;
  const label = `${words.fields[field.name] ?? field.name}${field.needed ? ` ${words.needed}` : ""}`;
  const { input } = field;
  switch (input.kind) {
    case "yes":
      return (
        <div class="field">
          <label class="check" for={id}>
            <input id={id} type="checkbox" checked={answer === true} onChange={(event) => set(event.currentTarget.checked ? true : null)} /> {label}
          </label>
        </div>
      );
    case "choices":
      return <Several {...props} legend={label} all={input.words.map((word) => [word, words.words[word] ?? word])} />;
    case "people":
      return <Several {...props} legend={label} all={people.map(({ account, name }) => [account, name])} />;
    default:
      return (
        <div class="field">
          <label for={id}>{label}</label>
          <One id={id} field={field} words={words} answer={answer} set={set} />
        </div>
      );
  }
}

function One({ id, field, words, answer, set }: Omit<FieldProps, "kind" | "people"> & { id: string }) {
  const { input, needed } = field;
  const text = typeof answer === "string" ? answer : "";
  switch (input.kind) {
    case "text":
      return <textarea id={id} rows={3} maxLength={input.most} required={needed} value={text} onInput={(event) => set(event.currentTarget.value)} />;
    case "choice":
      return (
        <select id={id} required={needed} value={text} onChange={(event) => set(event.currentTarget.value || null)}>
          <option value="">{words.choose}</option>
          {input.words.map((word) => (
            <option key={word} value={word}>
              {words.words[word] ?? word}
            </option>
          ))}
        </select>
      );
    case "number":
      return (
        <input
          id={id}
          type="number"
          inputMode="numeric"
          min={input.least}
          max={input.most}
          step={1}
          required={needed}
          value={typeof answer === "number" ? String(answer) : ""}
          onInput={(event) => set(event.currentTarget.value === "" ? null : event.currentTarget.valueAsNumber)}
        />
      );
    case "day":
      return <input id={id} type="date" required={needed} value={text} onInput={(event) => set(event.currentTarget.value || null)} />;
    case "moment":
      return <input id={id} type="datetime-local" required={needed} value={local(text)} onInput={(event) => set(moment(event.currentTarget.value))} />;
    case "line":
      return <input id={id} maxLength={input.most} required={needed} value={text} onInput={(event) => set(event.currentTarget.value)} />;
    default:
      return null;
  }
}

function Several({ kind, field, answer, set, legend, all }: FieldProps & { legend: string; all: [string, string][] }) {
  const chosen = Array.isArray(answer) ? answer : [];
  const toggle = (word: string, on: boolean) => {
    const next = on ? [...chosen, word] : chosen.filter((one) => one !== word);
    set(next.length > 0 ? next : null);
  };
  if (all.length === 0) return null;
  return (
    <fieldset class="field">
      <legend>{legend}</legend>
      <div class="reasons">
        {all.map(([word, name]) => (
          <label class="check" key={word} for={`paper-${kind}-${field.name}-${word}`}>
            <input id={`paper-${kind}-${field.name}-${word}`} type="checkbox" checked={chosen.includes(word)} onChange={(event) => toggle(word, event.currentTarget.checked)} /> {name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A moment as a browser's field has it: on this device's clock, without a zone. */
export function local(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function moment(written: string): string | null {
  const at = new Date(written);
  return written === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
