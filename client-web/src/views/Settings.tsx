// A supervisor's own settings (S9): single keys, sounds and desktop notifications, kept on this device.

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { alerts, allowDesktop, setAlerts, tryAlerts, type From } from "../app/alerts";
import { keysOn, switchKeys } from "../app/keys";
import { enStaff } from "../text/staff";
import { t } from "../text/words";

const FROM: From[] = ["never", "urgent", "high", "medium", "low"];
const words = enStaff.settings;

export function Settings({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} aria-labelledby="settings-title">
      <h2 id="settings-title">{words.title}</h2>
      <Alerts />
      <section class="setting" aria-labelledby="keys-title">
        <h3 id="keys-title">{enStaff.keys.title}</h3>
        <label class="check">
          <input type="checkbox" checked={keysOn.value} onChange={(event) => switchKeys(event.currentTarget.checked)} />
          {enStaff.keys.on}
        </label>
        <p class="hint">{enStaff.keys.hint}</p>
        <dl>
          {enStaff.keys.list.map(({ key, does }) => (
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
