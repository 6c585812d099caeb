// Me (M8, M10): how it looks, whose phone this is, its lock, where one is signed in, and signing out.

import { useEffect, useRef, useState } from "preact/hooks";
import { sessions, signOut, signOutEverywhere } from "../app/api";
import { look, own, setLook, setOwn, SIZES, type Theme } from "../app/device";
import { canLock, lockNow, MINUTES, pin, PIN_LENGTH, removePin, setMinutes, setPin } from "../app/lock";
import { outbox, state } from "../app/messenger";
import { dayAndTime } from "../core/time";
import { en } from "../text/en";
import { Modal } from "../ui/Modal";
import type { SessionView } from "../wire/generated";

const THEMES: Theme[] = ["system", "light", "dark"];

export function MeButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button class="button quiet" type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {en.me.open}
      </button>
      {open && <MeDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function MeDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal id="me-title" title={en.me.title} onClose={onClose}>
      <p class="hint">{en.chats.signedInAs(state.value.me?.name ?? "")}</p>
      <Looks />
      <Phone />
      <Devices />
      <SignOut />
      <p class="buttons">
        <button class="button primary" type="button" onClick={onClose}>
          {en.me.close}
        </button>
      </p>
    </Modal>
  );
}

function Looks() {
  const { theme, size } = look.value;
  return (
    <section class="me-part" aria-labelledby="me-look">
      <h3 id="me-look">{en.me.look}</h3>
      <Choice
        legend={en.me.size}
        name="size"
        all={SIZES.map((one) => ({ value: one, words: en.me.sizes[one] ?? "" }))}
        chosen={size}
        choose={(chosen) => setLook({ size: chosen })}
      />
      <Choice
        legend={en.me.theme}
        name="theme"
        all={THEMES.map((one) => ({ value: one, words: en.me.themes[one] ?? "" }))}
        chosen={theme}
        choose={(chosen) => setLook({ theme: chosen })}
      />
    </section>
  );
}

interface ChoiceOf<T> {
  legend: string;
  name: string;
  all: { value: T; words: string }[];
  chosen: T;
  choose: (value: T) => void;
}

function Choice<T extends string | number>({ legend, name, all, chosen, choose }: ChoiceOf<T>) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {all.map(({ value, words }) => (
        <label class="check" key={value}>
          <input type="radio" name={name} checked={value === chosen} onChange={() => choose(value)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

function Phone() {
  const change = (is: boolean) => {
    setOwn(is);
    if (!is) removePin();
  };
  return (
    <section class="me-part" aria-labelledby="me-phone">
      <h3 id="me-phone">{en.me.phone}</h3>
      <label class="check">
        <input type="checkbox" checked={own.value} aria-describedby="own-hint" onChange={(event) => change(event.currentTarget.checked)} />
        {en.me.own}
      </label>
      <p class="hint" id="own-hint">
        {en.me.ownHint}
      </p>
      <PinPart />
      <details>
        <summary>{en.me.install}</summary>
        <ul class="steps" role="list">
          {en.me.installSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
        <p class="hint">{en.me.installHint}</p>
      </details>
    </section>
  );
}

function PinPart() {
  if (!canLock()) return null;
  return (
    <>
      <h4>{en.lock.heading}</h4>
      {!own.value ? <p class="hint">{en.lock.ownFirst}</p> : pin.value ? <PinSet minutes={pin.value.minutes} /> : <NewPin />}
    </>
  );
}

function PinSet({ minutes }: { minutes: number }) {
  return (
    <>
      <p role="status">{en.lock.isSet}</p>
      <Choice
        legend={en.lock.after}
        name="minutes"
        all={MINUTES.map((one) => ({ value: one, words: en.minutes(one) }))}
        chosen={minutes as (typeof MINUTES)[number]}
        choose={setMinutes}
      />
      <p class="buttons">
        <button class="button" type="button" onClick={lockNow}>
          {en.lock.now}
        </button>
        <button class="button" type="button" onClick={removePin}>
          {en.lock.remove}
        </button>
      </p>
    </>
  );
}

function NewPin() {
  const first = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    const digits = first.current?.value ?? "";
    if (!/^\d+$/.test(digits) || digits.length !== PIN_LENGTH) return setProblem(en.lock.notFour);
    if (digits !== again.current?.value) return setProblem(en.lock.notSame);
    void setPin(state.value.me?.id ?? "", digits, MINUTES[1]);
  };
  return (
    <form class="new-pin" onSubmit={submit}>
      <p class="hint">{en.lock.intro}</p>
      {[
        { id: "pin-new", label: en.lock.newPin, field: first },
        { id: "pin-again", label: en.lock.again, field: again },
      ].map(({ id, label, field }) => (
        <div class="field" key={id}>
          <label for={id}>{label}</label>
          <input id={id} ref={field} class="pin" type="password" inputMode="numeric" autoComplete="off" maxLength={PIN_LENGTH} aria-describedby="new-pin-problem" />
        </div>
      ))}
      <p id="new-pin-problem" class="problem" role="alert">
        {problem}
      </p>
      <button class="button" type="submit">
        {en.lock.set}
      </button>
    </form>
  );
}

function Devices() {
  const [all, setAll] = useState<SessionView[] | null>(null);
  const [problem, setProblem] = useState("");
  const [sure, setSure] = useState(false);
  useEffect(() => {
    void sessions().then((got) => (got.ok ? setAll(got.value.sessions) : setProblem(got.message)));
  }, []);
  const everywhere = async () => setProblem((await signOutEverywhere()) ?? "");
  return (
    <section class="me-part" aria-labelledby="me-devices">
      <h3 id="me-devices">{en.me.devices}</h3>
      {all === null && problem === "" && <p class="hint">{en.me.reading}</p>}
      <ul class="devices" role="list">
        {(all ?? []).map((one) => (
          <li key={one.since}>
            {one.this ? en.me.thisDevice : en.me.otherDevice}, {en.me.since(dayAndTime(one.since))}
          </li>
        ))}
      </ul>
      <p class="problem" role="alert">
        {problem}
      </p>
      {sure ? (
        <div role="group" aria-label={en.me.everywhere}>
          <p>{en.me.everywhereSure}</p>
          <p class="buttons">
            <button class="button danger" type="button" onClick={() => void everywhere()}>
              {en.me.yes}
            </button>
            <button class="button" type="button" onClick={() => setSure(false)}>
              {en.cancel}
            </button>
          </p>
        </div>
      ) : (
        <button class="button" type="button" onClick={() => setSure(true)}>
          {en.me.everywhere}
        </button>
      )}
    </section>
  );
}

/** Signing out clears the device, so what was not sent yet must be a choice. */
function SignOut() {
  const [asked, setAsked] = useState(false);
  const unsent = outbox.rows.value.length;
  if (!asked || unsent === 0) {
    const leave = () => (unsent > 0 ? setAsked(true) : void signOut());
    return (
      <section class="me-part">
        <button class="button" type="button" onClick={leave}>
          {en.signOut}
        </button>
      </section>
    );
  }
  return (
    <section class="me-part" role="group" aria-labelledby="leave-title">
      <h3 id="leave-title">{en.chats.unsent(unsent)}</h3>
      <p>{en.chats.unsentHint}</p>
      <p class="buttons">
        <button class="button primary" type="button" onClick={() => setAsked(false)}>
          {en.chats.stay}
        </button>
        <button class="button danger" type="button" onClick={() => void signOut()}>
          {en.chats.leave}
        </button>
      </p>
    </section>
  );
}
