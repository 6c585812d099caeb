// Says that the page locks soon. Any touch or key stays; the button is there to be found.

import { lockSoon } from "../app/lock";
import { t } from "../text/words";

export function LockSoon() {
  if (!lockSoon.value) return null;
  return (
    <div class="banner" role="alert">
      <p>{t.lock.soon}</p>
      <button class="button" type="button">
        {t.lock.stay}
      </button>
    </div>
  );
}
