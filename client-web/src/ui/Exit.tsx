// Leaves at once, to a page that says nothing.

import { leave } from "../core/exit";
import { t } from "../text/words";

export function Exit({ goodbye }: { goodbye: () => void }) {
  return (
    <button class="button exit" type="button" title={t.exit.hint} onClick={() => leave(goodbye)}>
      {t.exit.quickly}
    </button>
  );
}
