// Signing in with a passkey beside the password, in place of a code.

import { knowsPasskeys, signWithPasskey } from "../core/passkey";
import type { PasskeyAsked, Problem } from "../wire/generated";

const WORDS = {
  en: { use: "Use a passkey", unauthenticated: "The name or the password is not right. Check both and try again.", other: "That did not work with a passkey. Try again, or give a code." },
  cy: { use: "Defnyddia basallwedd", unauthenticated: "Dydy'r enw neu'r cyfrinair ddim yn gywir. Edrycha ar y ddau a thria eto.", other: "Wnaeth hynny ddim gweithio gyda phasallwedd. Tria eto, neu rho god." },
};

const field = (id: string) => document.getElementById(id) as HTMLInputElement | null;
const post = (path: string, body: object) =>
  fetch(path, { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json", accept: "application/json" }, body: JSON.stringify(body) });

/** Shows the button for it. */
export function offer(language: "en" | "cy", say: (words: string) => void): void {
  if (!knowsPasskeys()) return;
  const words = WORDS[language];
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: words.use });
  document.getElementById("code-row")?.append(button);
  button.addEventListener("click", () => void signIn(words).then((wrong) => wrong !== null && say(wrong), () => say(words.other)));
}

/** Gives what is wrong, or leaves the page. */
async function signIn(words: (typeof WORDS)["en"]): Promise<string | null> {
  const who = { username: field("username")?.value ?? "", password: field("password")?.value ?? "" };
  const asked = await post("/api/session/passkey", who);
  if (!asked.ok) return ((await asked.json()) as Problem).code === "unauthenticated" ? words.unauthenticated : words.other;
  const passkey = await signWithPasskey((await asked.json()) as PasskeyAsked);
  if (passkey === null) return words.other;
  const signedIn = await post("/api/session", { ...who, passkey, own: field("own")?.checked ?? false });
  if (!signedIn.ok) return words.other;
  location.replace("/");
  return null;
}
