// Leaves at once, to a page that says nothing.

import { leave } from "../core/exit";
import { en } from "../text/en";

export function Exit({ goodbye }: { goodbye: () => void }) {
  return (
    <button class="button exit" type="button" title={en.exit.hint} onClick={() => leave(goodbye)}>
      {en.exit.quickly}
    </button>
  );
}
