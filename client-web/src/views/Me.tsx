// Me (M8, M10): how it looks, whose phone this is, its lock, where one is signed in, and signing out.

import { useEffect, useRef, useState } from "preact/hooks";
import { sessions, signOut, signOutEverywhere } from "../app/api";
import { look, own, setLook, setOwn, setSound, SIZES, sound, type Theme } from "../app/device";
import { forgetSaved } from "../app/library";
import { canLock, lockNow, MINUTES, pin, PIN_LENGTH, removePin, setMinutes, setPin } from "../app/lock";
import { outbox, state } from "../app/messenger";
import { turnOff } from "../app/push";
import { chime } from "../core/sound";
import { dayAndTime } from "../core/time";
import { language, setLanguage, t, type Language } from "../text/words";
import { Modal } from "../ui/Modal";
import type { SessionView } from "../wire/generated";
import { Notify } from "./Notify";

const LANGUAGES: Language[] = ["en", "cy"];
const THEMES: Theme[] = ["system", "light", "dark"];

export function MeButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button class="button quiet" type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {t.me.open}
      </button>
      {open && <MeDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function MeDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal id="me-title" title={t.me.title} onClose={onClose}>
      <p class="hint">{t.chats.signedInAs(state.value.me?.name ?? "")}</p>
      <Looks />
      <Phone />
      <Notify />
      <Devices />
      <SignOut />
      <p class="buttons">
        <button class="button primary" type="button" onClick={onClose}>
          {t.me.close}
        </button>
      </p>
    </Modal>
  );
}

function Looks() {
  const { theme, size } = look.value;
  return (
    <section class="me-part" aria-labelledby="me-look">
      <h3 id="me-look">{t.me.look}</h3>
      <Choice
        legend={t.me.size}
        name="size"
        all={SIZES.map((one) => ({ value: one, words: t.me.sizes[one] ?? "" }))}
        chosen={size}
        choose={(chosen) => setLook({ size: chosen })}
      />
      <Choice
        legend={t.me.theme}
        name="theme"
        all={THEMES.map((one) => ({ value: one, words: t.me.themes[one] ?? "" }))}
        chosen={theme}
        choose={(chosen) => setLook({ theme: chosen })}
      />
      <Choice
        legend={t.me.language}
        name="language"
        all={LANGUAGES.map((one) => ({ value: one, words: t.me.languages[one] ?? "" }))}
        chosen={language()}
        choose={speak}
      />
      <p class="hint">{t.me.languageHint}</p>
      <label class="check">
        <input type="checkbox" checked={sound.value} onChange={(event) => hear(event.currentTarget.checked)} />
        {t.me.sound}
      </label>
    </section>
  );
}

/** Turned on, it is heard at once. */
function hear(on: boolean): void {
  setSound(on);
  if (on) chime();
}

/** Every screen has words, so the page is loaded anew. */
function speak(chosen: Language): void {
  setLanguage(chosen);
  location.reload();
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
    if (is) return;
    removePin();
    void turnOff();
    void forgetSaved();
  };
  return (
    <section class="me-part" aria-labelledby="me-phone">
      <h3 id="me-phone">{t.me.phone}</h3>
      <label class="check">
        <input type="checkbox" checked={own.value} aria-describedby="own-hint" onChange={(event) => change(event.currentTarget.checked)} />
        {t.me.own}
      </label>
      <p class="hint" id="own-hint">
        {t.me.ownHint}
      </p>
      <PinPart />
      <details>
        <summary>{t.me.install}</summary>
        <ul class="steps" role="list">
          {t.me.installSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
        <p class="hint">{t.me.installHint}</p>
      </details>
    </section>
  );
}

function PinPart() {
  if (!canLock()) return null;
  return (
    <>
      <h4>{t.lock.heading}</h4>
      {!own.value ? <p class="hint">{t.lock.ownFirst}</p> : pin.value ? <PinSet minutes={pin.value.minutes} /> : <NewPin />}
    </>
  );
}

function PinSet({ minutes }: { minutes: number }) {
  return (
    <>
      <p role="status">{t.lock.isSet}</p>
      <Choice
        legend={t.lock.after}
        name="minutes"
        all={MINUTES.map((one) => ({ value: one, words: t.minutes(one) }))}
        chosen={minutes as (typeof MINUTES)[number]}
        choose={setMinutes}
      />
      <p class="buttons">
        <button class="button" type="button" onClick={lockNow}>
          {t.lock.now}
        </button>
        <button class="button" type="button" onClick={removePin}>
          {t.lock.remove}
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
    if (!/^\d+$/.test(digits) || digits.length !== PIN_LENGTH) return setProblem(t.lock.notFour);
    if (digits !== again.current?.value) return setProblem(t.lock.notSame);
    void setPin(state.value.me?.id ?? "", digits, MINUTES[1]);
  };
  return (
    <form class="new-pin" onSubmit={submit}>
      <p class="hint">{t.lock.intro}</p>
      {[
        { id: "pin-new", label: t.lock.newPin, field: first },
        { id: "pin-again", label: t.lock.again, field: again },
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
        {t.lock.set}
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
      <h3 id="me-devices">{t.me.devices}</h3>
      {all === null && problem === "" && <p class="hint">{t.me.reading}</p>}
      <ul class="devices" role="list">
        {(all ?? []).map((one) => (
          <li key={one.since}>
            {one.this ? t.me.thisDevice : t.me.otherDevice}, {t.me.since(dayAndTime(one.since))}
          </li>
        ))}
      </ul>
      <p class="problem" role="alert">
        {problem}
      </p>
      {sure ? (
        <div role="group" aria-label={t.me.everywhere}>
          <p>{t.me.everywhereSure}</p>
          <p class="buttons">
            <button class="button danger" type="button" onClick={() => void everywhere()}>
              {t.me.yes}
            </button>
            <button class="button" type="button" onClick={() => setSure(false)}>
              {t.cancel}
            </button>
          </p>
        </div>
      ) : (
        <button class="button" type="button" onClick={() => setSure(true)}>
          {t.me.everywhere}
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
          {t.signOut}
        </button>
      </section>
    );
  }
  return (
    <section class="me-part" role="group" aria-labelledby="leave-title">
      <h3 id="leave-title">{t.chats.unsent(unsent)}</h3>
      <p>{t.chats.unsentHint}</p>
      <p class="buttons">
        <button class="button primary" type="button" onClick={() => setAsked(false)}>
          {t.chats.stay}
        </button>
        <button class="button danger" type="button" onClick={() => void signOut()}>
          {t.chats.leave}
        </button>
      </p>
    </section>
  );
}
