// The page's one live region.

import { announcement } from "../core/announce";

export function Announcer() {
  return (
    <p class="sr" role="status" aria-live="polite">
      {announcement.value}
    </p>
  );
}
