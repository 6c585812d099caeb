// Coming in by a code: takes the code out of the address, where nobody else shall read it, and says why it did not work. The form works
// without this script.

import "./plain";
import { keepInTab, keptInTab } from "../core/kept";

const CODE_KEY = "handrail.join";
const LANGUAGE = document.documentElement.lang === "cy" ? "cy" : "en";

const WORDS: Record<"en" | "cy", Record<string, string>> = {
  en: {
    not_found: "We do not know that code, or it has run out. Check it, or ask for a new one.",
    not_yet: "Somebody has that username already. Choose another.",
    bad_frame: "Choose a username of 3 or more letters or numbers, and a password of 12 or more. Staff need 15.",
    other: "That did not work. Try again.",
  },
  cy: {
    not_found: "Dydyn ni ddim yn nabod y cod hwnnw, neu mae ei amser ar ben. Edrycha arno, neu gofynna am un newydd.",
    not_yet: "Mae'r enw hwnnw gan rywun yn barod. Dewisa un arall.",
    bad_frame: "Dewisa enw o 3 neu fwy o lythrennau neu rifau, a chyfrinair o 12 neu fwy. Mae ar staff angen 15.",
    other: "Wnaeth hynny ddim gweithio. Tria eto.",
  },
};

const field = (id: string) => document.getElementById(id) as HTMLInputElement | null;
const code = field("code");

/** The code of the address goes into the field, and out of the address. */
function take(): void {
  const shown = location.hash.slice(1);
  if (shown === "" || code === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  code.value = shown;
}

if (code) {
  code.value = keptInTab(CODE_KEY) ?? "";
  take();
  addEventListener("hashchange", take);
  code.form?.addEventListener("submit", () => keepInTab(CODE_KEY, code.value));
}

const error = new URLSearchParams(location.search).get("error");
const summary = document.getElementById("error");
if (error !== null && summary) {
  summary.textContent = WORDS[LANGUAGE][error] ?? WORDS[LANGUAGE]["other"] ?? "";
  summary.removeAttribute("hidden");
  summary.focus();
}
document.getElementById("show-row")?.removeAttribute("hidden");
field("show")?.addEventListener("change", (event) => {
  const on = (event.currentTarget as HTMLInputElement).checked;
  field("password")?.setAttribute("type", on ? "text" : "password");
});
