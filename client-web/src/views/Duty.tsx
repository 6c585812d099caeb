// Shifts (S7): who is on, what earlier shifts left, one's own note to the next; a break that is due; and that nobody is there.

import { useEffect, useState } from "preact/hooks";
import { draftNote, duty, dutyOpen, dutyProblem, finishShift, readDuty, rest, restDue, restLater, startShift, unattended } from "../app/duty";
import { me, now } from "../app/staff";
import { keepInTab, keptInTab } from "../core/kept";
import { clock, dayAndTime } from "../core/time";
import { enDuty } from "../text/duty";
import { t } from "../text/words";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";
import type { DutyPage, OnDuty } from "../wire/generated";

const words = enDuty.shift;
const TIERS = [1, 2, 3] as const;

export function DutyButton() {
  const page = duty.value;
  const mine = page?.mine;
  const supervises = me.value?.role === "supervisor";
  const label = mine ? words.mine(tierName(mine.tier)) : supervises && page?.on.length === 0 ? words.start : words.on(page?.on.length ?? 0);
  return (
    <button class="button quiet" type="button" onClick={() => ((dutyOpen.value = true), void readDuty())}>
      {label}
    </button>
  );
}

/** What everybody who answers for the site must see: that nobody is there. And whoever has been on for long: that they may rest. */
export function DutyBars() {
  const waiting = unattended.value;
  const span = restDue.value;
  return (
    <>
      <div role="status">
        {waiting && (
          <p class="bar bad">
            <Icon name="bell" />
            {words.unattended(waiting.open, waiting.ringing)}
          </p>
        )}
      </div>
      {span && (
        <section class="bar" aria-label={enDuty.rest.label}>
          <p>
            {enDuty.rest.due(span)} {enDuty.rest.passOn}
          </p>
          <p class="buttons">
            <button class="button" type="button" onClick={rest}>
              {enDuty.rest.take}
            </button>
            <button class="button quiet" type="button" onClick={restLater}>
              {enDuty.rest.later}
            </button>
          </p>
        </section>
      )}
    </>
  );
}

export function DutyDialog() {
  if (!dutyOpen.value) return null;
  const page = duty.value;
  return (
    <Modal id="duty-title" title={words.title} onClose={() => (dutyOpen.value = false)}>
      <p class="problem" role="alert">
        {dutyProblem.value}
      </p>
      {page === null ? <p>{words.loading}</p> : <Inside page={page} />}
      <p class="buttons">
        <button class="button" type="button" onClick={() => (dutyOpen.value = false)}>
          {t.close}
        </button>
      </p>
    </Modal>
  );
}

function Inside({ page }: { page: DutyPage }) {
  const supervises = me.value?.role === "supervisor";
  return (
    <>
      {page.on.length === 0 ? <p class="empty">{words.nobody}</p> : <People on={page.on} />}
      {supervises && <Start mine={page.mine} />}
      {page.mine && <Finish page={page} />}
      <section aria-labelledby="handovers">
        <h3 id="handovers">{words.handovers}</h3>
        {page.handovers.length === 0 && <p class="hint">{words.noHandovers}</p>}
        <ul class="reports" role="list">
          {page.handovers.map((left) => (
            <li key={left.at}>
              <p class="hint">{words.from(left.name, dayAndTime(left.at))}</p>
              <p class="quoted">{left.note}</p>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function People({ on }: { on: OnDuty[] }) {
  return (
    <ul class="on-duty" role="list">
      {on.map((one) => (
        <li key={one.account}>
          <strong>{one.name}</strong> <span class="tag">{tierName(one.tier)}</span>{" "}
          <span class="hint">
            {words.since(clock(new Date(one.since)))}, {one.connected ? words.here : words.away}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Start({ mine }: { mine: OnDuty | null }) {
  const [tier, setTier] = useState<number>(mine?.tier ?? 1);
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    await startShift(tier);
    setBusy(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <fieldset class="field">
        <legend>{words.choose}</legend>
        <p class="hint">{words.hint}</p>
        {TIERS.map((one) => (
          <label class="check" key={one}>
            <input type="radio" name="tier" value={one} checked={tier === one} onChange={() => setTier(one)} />
            {words.tier[one]}
          </label>
        ))}
      </fieldset>
      {mine?.tier !== tier && (
        <button class="button primary" type="submit" disabled={busy}>
          {mine ? words.change : words.begin}
        </button>
      )}
    </form>
  );
}

const NOTE_KEY = "handrail.note";

function Finish({ page }: { page: DutyPage }) {
  const [note, setNote] = useState(() => keptInTab(NOTE_KEY) ?? draftNote(page, now.value));
  const [busy, setBusy] = useState(false);
  // What was written is there after a wrong turn.
  useEffect(() => keepInTab(NOTE_KEY, note), [note]);
  const finish = async () => {
    setBusy(true);
    if (await finishShift(note)) keepInTab(NOTE_KEY, null);
    setBusy(false);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void finish();
      }}
    >
      <div class="field">
        <label for="handover">{words.note}</label>
        <p class="hint" id="handover-hint">
          {words.noteHint}
        </p>
        <textarea id="handover" rows={8} value={note} aria-describedby="handover-hint" onInput={(event) => setNote(event.currentTarget.value)} />
      </div>
      <p class="buttons">
        <button class="button primary" type="submit" disabled={busy}>
          {words.finish}
        </button>
        <button class="button quiet" type="button" onClick={() => setNote(draftNote(page, now.value))}>
          {words.again}
        </button>
      </p>
    </form>
  );
}

export function tierName(tier: number): string {
  return words.tier[tier as 1 | 2 | 3] ?? "";
}
