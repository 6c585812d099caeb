// A whole conversation (S6), read for a reason that is written down, with what was decided in its place.

import { useState } from "preact/hooks";
import { reading, readWhole } from "../app/behind";
import { dayAndTime } from "../core/time";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { t } from "../text/words";
import { Modal } from "../ui/Modal";
import type { DecisionBody, OutcomeName, ReadLine, ReadPage, ReadReason } from "../wire/generated";

const words = enDuty.reading;
const REASONS = Object.keys(words.reasons) as ReadReason[];

export function ReadingDialog() {
  const conversation = reading.value;
  return conversation === null ? null : <Reading key={conversation} conversation={conversation} />;
}

function Reading({ conversation }: { conversation: string }) {
  const [reason, setReason] = useState<ReadReason | null>(null);
  const [page, setPage] = useState<ReadPage | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const close = () => (reading.value = null);
  const read = async () => {
    if (reason === null) return setProblem(words.need);
    setBusy(true);
    const got = await readWhole(conversation, reason, page?.next ?? null);
    setBusy(false);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setPage(page === null ? got.value : { ...got.value, lines: [...page.lines, ...got.value.lines] });
  };
  return (
    <Modal id="reading-title" title={words.title} onClose={close}>
      <p class="problem" role="alert">
        {problem}
      </p>
      {page === null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void read();
          }}
        >
          <fieldset class="field">
            <legend>{words.why}</legend>
            <p class="hint">{words.hint}</p>
            {REASONS.map((one) => (
              <label class="check" key={one}>
                <input type="radio" name="reading" value={one} checked={reason === one} onChange={() => setReason(one)} />
                {words.reasons[one]}
              </label>
            ))}
          </fieldset>
          <button class="button primary" type="submit" disabled={busy}>
            {words.open}
          </button>
        </form>
      ) : (
        <Pages page={page} />
      )}
      <p class="buttons">
        {page?.next && (
          <button class="button" type="button" disabled={busy} onClick={() => void read()}>
            {words.older}
          </button>
        )}
        {page && (
          <button class="button quiet" type="button" onClick={() => print()}>
            {words.print}
          </button>
        )}
        <button class="button" type="button" onClick={close}>
          {t.close}
        </button>
      </p>
    </Modal>
  );
}

/** Oldest first, as it was said. */
function Pages({ page }: { page: ReadPage }) {
  const names = new Map(page.people.map((person) => [person.account, person.name]));
  return (
    <ol class="context reading" role="list" tabIndex={0} aria-label={words.title}>
      {[...page.lines].reverse().map((line) => (
        <Line key={line.message} line={line} from={names.get(line.from) ?? ""} />
      ))}
    </ol>
  );
}

function Line({ line, from }: { line: ReadLine; from: string }) {
  return (
    <li>
      <p class="hint">
        <strong>{from}</strong> <time dateTime={line.at}>{dayAndTime(line.at)}</time>
        {line.status !== "delivered" && `, ${words.status[line.status]}`}
      </p>
      <p class="context-text">{line.text}</p>
      {line.shown !== null && <p>{words.shown(line.shown)}</p>}
      {line.decided && <p class="hint">{words.decided(enStaff.outcome[outcomeOf(line.decided.decision)], line.decided.by.name)}</p>}
    </li>
  );
}

/** What a decision leads to. */
export function outcomeOf(decision: DecisionBody): OutcomeName {
  switch (decision.kind) {
    case "release":
      return "released";
    case "alter":
      return "altered";
    case "reject":
      return "rejected";
    case "rephrase":
      return "rephrase";
    case "escalate":
    case "note":
      return "withdrawn";
  }
}
