// Notifications, in Me: asked for by a tap, with hours in which the phone stays quiet, and one to try out.

import { useState } from "preact/hooks";
import { ability, NIGHT, setQuiet, told, tryOut, turnOff, turnOn, type Hours } from "../app/push";
import { t } from "../text/words";

/** For staff it says other things: what rings is kept quiet by no night. */
export function Notify({ staff }: { staff?: { heading: string; intro: string } }) {
  const can = ability();
  return (
    <section class="me-part" aria-labelledby="me-notify">
      <h3 id="me-notify">{staff?.heading ?? t.notify.heading}</h3>
      <p class="hint">{staff?.intro ?? t.notify.intro}</p>
      {can === "able" ? told.value ? <On quiet={told.value.quiet} staff={staff !== undefined} /> : <Off /> : <p>{t.notify.why[can]}</p>}
    </section>
  );
}

/** One thing at a time, and what it says when it is done. */
function useDoing(): [boolean, string, (work: () => Promise<string | null | void>, done?: string) => void] {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const start = (work: () => Promise<string | null | void>, done = "") => {
    setBusy(true);
    setSaid("");
    void work()
      .then((problem) => setSaid(problem ?? done))
      .finally(() => setBusy(false));
  };
  return [busy, said, start];
}

function Off() {
  const [busy, said, start] = useDoing();
  return (
    <>
      <button class="button" type="button" disabled={busy} onClick={() => start(turnOn)}>
        {t.notify.turnOn}
      </button>
      <p role="status">{said}</p>
    </>
  );
}

function On({ quiet, staff }: { quiet: Hours | null; staff: boolean }) {
  const [busy, said, start] = useDoing();
  return (
    <>
      <p>{t.notify.isOn}</p>
      {!staff && (
      <label class="check">
        <input type="checkbox" checked={quiet !== null} disabled={busy} onChange={(event) => start(() => setQuiet(event.currentTarget.checked ? NIGHT : null))} />
        {t.notify.quiet}
      </label>
      )}
      {!staff && quiet && <QuietHours hours={quiet} change={(hours) => start(() => setQuiet(hours))} />}
      <p class="buttons">
        <button class="button" type="button" disabled={busy} onClick={() => start(tryOut, t.notify.tried)}>
          {t.notify.tryOut}
        </button>
        <button class="button" type="button" disabled={busy} onClick={() => start(turnOff)}>
          {t.notify.turnOff}
        </button>
      </p>
      <p role="status">{said}</p>
    </>
  );
}

function QuietHours({ hours, change }: { hours: Hours; change: (hours: Hours) => void }) {
  const [problem, setProblem] = useState("");
  const set = (part: keyof Hours, text: string) => {
    const at = minuteOf(text);
    if (at === null) return setProblem("");
    const changed = { ...hours, [part]: at };
    if (changed.from === changed.to) return setProblem(t.notify.same);
    setProblem("");
    change(changed);
  };
  return (
    <div class="quiet">
      {(["from", "to"] as const).map((part) => (
        <div class="field" key={part}>
          <label for={`quiet-${part}`}>{t.notify[part]}</label>
          <input id={`quiet-${part}`} type="time" value={clock(hours[part])} aria-describedby="quiet-problem" onChange={(event) => set(part, event.currentTarget.value)} />
        </div>
      ))}
      <p id="quiet-problem" class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}

/** The minute of the day, as a field for a time holds it. */
export function clock(minute: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** And back; nothing while the field is half filled in. */
export function minuteOf(text: string): number | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)/.exec(text) ?? [];
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes);
}
