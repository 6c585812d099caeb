// Says in words how the connection is, and what a person can do about it. Silent while all is well.

import { useEffect, useState } from "preact/hooks";
import type { LiveLink } from "../link/link";
import { never } from "../core/never";
import { t } from "../text/words";

/** A connection that stands again so soon was never worth a word. */
const PATIENCE_MS = 1_500;

export function linkWords(link: LiveLink): string {
  const { phase, live, stop } = link.state.value;
  switch (phase) {
    case "idle":
    case "connecting":
      return t.link.connecting;
    case "waiting":
      return navigator.onLine ? t.link.waiting : t.link.offline;
    case "open":
      return live ? t.link.live : t.link.catchingUp;
    case "stopped":
      return t.link[stop ?? "refused"];
    default:
      return never(phase);
  }
}

export function LinkBanner({ link }: { link: LiveLink }) {
  const { phase, stop } = link.state.value;
  const [late, setLate] = useState(false);
  const well = phase === "open" || phase === "idle";
  useEffect(() => {
    setLate(false);
    if (well) return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [well]);
  const shown = phase === "stopped" || (late && !well);
  return (
    <div role="status" class="link-status">
      {shown && (
        <div class="banner">
          <p>{linkWords(link)}</p>
          {phase === "stopped" && stop === "sign_in" && (
            <a class="button" href="/sign-in">
              {t.link.toSignIn}
            </a>
          )}
          {phase === "stopped" && (stop === "version" || stop === "refused") && (
            <button class="button" type="button" onClick={() => location.reload()}>
              {t.link.reload}
            </button>
          )}
          {phase === "stopped" && stop === "signed_out" && (
            <button class="button" type="button" onClick={() => link.restart()}>
              {t.link.connectAgain}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
