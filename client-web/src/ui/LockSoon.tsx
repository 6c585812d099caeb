// Says that the page locks soon, or that its reader is signed out. Any touch or key stays; the button is there to be found.

import { endsSoon } from "../app/idle";
import { lockSoon } from "../app/lock";
import { t } from "../text/words";

export function LockSoon() {
  if (!lockSoon.value && !endsSoon.value) return null;
  return (
    <div class="banner" role="alert">
      <p>{lockSoon.value ? t.lock.soon : t.lock.outSoon}</p>
      <button class="button" type="button">
        {t.lock.stay}
      </button>
    </div>
  );
}
