// The locked page (M9): a PIN, a way out, and help. Nothing of a conversation is loaded behind it.

import { useEffect, useRef, useState } from "preact/hooks";
import { signOut } from "../app/api";
import { goodbye } from "../app/goodbye";
import { PIN_LENGTH, triesLeft, tryPin } from "../app/lock";
import { t } from "../text/words";
import { Exit } from "../ui/Exit";

export function Lock({ onOpen }: { onOpen: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  // There is nothing else to do here.
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const input = field.current;
    if (!input || busy) return;
    setBusy(true);
    const tried = await tryPin(input.value);
    if (tried === "open") return onOpen();
    input.value = "";
    setBusy(false);
    if (tried === "out") {
      setProblem(t.lock.out);
      return void signOut();
    }
    setProblem(t.lock.wrong(triesLeft()));
    input.focus();
  };
  return (
    <>
      <header class="top">
        <h1 class="brand">{t.lock.title}</h1>
        <a class="button quiet" href={t.help.page.href}>
          {t.help.now}
        </a>
        <Exit goodbye={goodbye} />
      </header>
      <main class="lock">
        <h2>{t.lock.locked}</h2>
        <form onSubmit={(event) => void submit(event)}>
          <label for="pin">{t.lock.pin}</label>
          <input ref={field} id="pin" class="pin" type="password" inputMode="numeric" autoComplete="off" maxLength={PIN_LENGTH} aria-describedby="pin-problem" />
          <p id="pin-problem" class="problem" role="alert">
            {problem}
          </p>
          <button class="button primary" type="submit" aria-disabled={busy}>
            {t.lock.open}
          </button>
        </form>
        <details class="forgot">
          <summary>{t.lock.forgot}</summary>
          <p>{t.lock.forgotHint}</p>
          <button class="button" type="button" onClick={() => void signOut()}>
            {t.signOut}
          </button>
        </details>
      </main>
    </>
  );
}
