// Which keys there are, and the switch that turns them off.

import type { RefObject } from "preact";
import { keysOn, switchKeys } from "../app/keys";
import { t } from "../text/words";
import { enStaff } from "../text/staff";

export function KeysDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} aria-labelledby="keys-title">
      <h2 id="keys-title">{enStaff.keys.title}</h2>
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
      <form method="dialog">
        <button class="button">{t.close}</button>
      </form>
    </dialog>
  );
}
