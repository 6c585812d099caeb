// A supervisor's own settings (S9): sounds and notifications, breaks, what is folded away, and single keys. Kept on this device.

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { alerts, allowDesktop, setAlerts, tryAlerts, type From } from "../app/alerts";
import { fold, REST_AFTER, restAfter, setFold, setRestAfter } from "../app/duty";
import { keysOn, switchKeys } from "../app/keys";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { t } from "../text/words";
import { Notify } from "./Notify";
import { StepSetting } from "./SecondStep";

const FROM: From[] = ["never", "urgent", "high", "medium", "low"];
const words = enStaff.settings;

export function Settings({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} aria-labelledby="settings-title">
      <h2 id="settings-title">{words.title}</h2>
      <Alerts />
      <Notify staff={enDuty.phone} />
      <Rest />
      <StepSetting />
      <section class="setting" aria-labelledby="keys-title">
        <h3 id="keys-title">{enStaff.keys.title}</h3>
        <label class="check">
          <input type="checkbox" checked={keysOn.value} onChange={(event) => switchKeys(event.currentTarget.checked)} />
          {enStaff.keys.on}
        </label>
        <p class="hint">{enStaff.keys.hint}</p>
        <dl>
          {[...enStaff.keys.list, ...enDuty.keys].map(({ key, does }) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </section>
      <form method="dialog">
        <button class="button">{t.close}</button>
      </form>
    </dialog>
  );
}

function Rest() {
  const rest = enDuty.rest;
  return (
    <section class="setting" aria-labelledby="rest-title">
      <h3 id="rest-title">{rest.label}</h3>
      <div class="field">
        <label for="rest-after">{rest.every}</label>
        <select id="rest-after" value={String(restAfter.value)} onChange={(event) => setRestAfter(Number(event.currentTarget.value))}>
          {REST_AFTER.map((minutes) => (
            <option key={minutes} value={String(minutes)} selected={minutes === restAfter.value}>
              {minutes === 0 ? rest.never : rest.after(minutes)}
            </option>
          ))}
        </select>
      </div>
      <label class="check">
        <input type="checkbox" checked={fold.value} onChange={(event) => setFold(event.currentTarget.checked)} />
        {rest.fold}
      </label>
      <p class="hint">{rest.foldHint}</p>
    </section>
  );
}

function Alerts() {
  const [problem, setProblem] = useState("");
  const desktop = async (from: From) => {
    setProblem("");
    if (from !== "never" && !(await allowDesktop())) return setProblem(words.refused);
    setAlerts({ desktop: from });
  };
  return (
    <section class="setting" aria-labelledby="alerts-title">
      <h3 id="alerts-title">{words.alerts}</h3>
      <p class="hint">{words.alertsHint}</p>
      <Choice id="alert-sound" label={words.sound} value={alerts.value.sound} change={(from) => setAlerts({ sound: from })} />
      <Choice id="alert-desktop" label={words.desktop} value={alerts.value.desktop} change={(from) => void desktop(from)} />
      <p class="problem" role="alert">
        {problem}
      </p>
      <button class="button" type="button" onClick={tryAlerts}>
        {words.test}
      </button>
    </section>
  );
}

function Choice({ id, label, value, change }: { id: string; label: string; value: From; change: (from: From) => void }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => change(event.currentTarget.value as From)}>
        {FROM.map((from) => (
          <option key={from} value={from} selected={from === value}>
            {from === "never" ? words.never : words.from(enStaff.severity[from].toLowerCase())}
          </option>
        ))}
      </select>
    </div>
  );
}
