// Says why signing in did not work, and shows the code field where one is needed. The form works without this script.

import "./plain";

type Language = "en" | "cy";

const LANGUAGE: Language = document.documentElement.lang === "cy" ? "cy" : "en";
const LANGUAGE_KEY = "handrail.language";

const WORDS: Record<Language, Record<string, string>> = {
  en: {
    unauthenticated: "The name or the password is not right. Check both and try again.",
    rate_limited: "There were too many tries. Wait five minutes, then try again.",
    code_needed: "Give your password again, with the code that your app shows now. Each code counts once.",
    expired: "You were signed out after a while. Sign in again.",
    other: "Signing in did not work. Try again.",
  },
  cy: {
    unauthenticated: "Dydy'r enw neu'r cyfrinair ddim yn gywir. Edrycha ar y ddau a thria eto.",
    rate_limited: "Roedd gormod o geisiadau. Arhosa bum munud, yna tria eto.",
    code_needed: "Rho dy gyfrinair eto, gyda'r cod mae dy ap yn ei ddangos nawr. Mae pob cod yn cyfrif unwaith.",
    expired: "Cest ti dy allgofnodi ar ôl sbel. Mewngofnoda eto.",
    other: "Wnaeth hynny ddim gweithio. Tria eto.",
  },
};

/** Who chose a language on this device signs in by it, and who signs in by a language is spoken to in it. */
function speakChosen(): void {
  try {
    if (LANGUAGE === "en" && localStorage.getItem(LANGUAGE_KEY) === "cy") return location.replace(`/mewngofnodi${location.search}`);
    if (LANGUAGE === "cy") localStorage.setItem(LANGUAGE_KEY, "cy");
    document.getElementById("other")?.addEventListener("click", () => localStorage.setItem(LANGUAGE_KEY, LANGUAGE === "en" ? "cy" : "en"));
  } catch {
    // Without storage the page speaks what its address says.
  }
}

const show = (id: string) => document.getElementById(id)?.removeAttribute("hidden");
const field = (id: string) => document.getElementById(id) as HTMLInputElement | null;

speakChosen();

// Whoever signs in next may be somebody else: what this tab knew of the last one goes. Drafts stay, each with its account.
try {
  for (const key of ["handrail.seen", "handrail.kept"]) sessionStorage.removeItem(key);
} catch {
  // Storage that cannot be opened holds nothing.
}

function say(words: string | undefined): void {
  const summary = document.getElementById("error");
  if (summary === null) return;
  summary.textContent = words ?? WORDS[LANGUAGE]["other"] ?? "";
  show("error");
  summary.focus();
}

const error = new URLSearchParams(location.search).get("error");
if (error !== null) say(WORDS[LANGUAGE][error]);
if (error === "code_needed") {
  show("code-row");
  field("code")?.removeAttribute("disabled");
  // Fetched by who is asked for a code: most who sign in are not.
  void import("./passkey").then((part) => part.offer(LANGUAGE, say));
}
show("show-row");
field("show")?.addEventListener("change", (event) => {
  const on = (event.currentTarget as HTMLInputElement).checked;
  field("password")?.setAttribute("type", on ? "text" : "password");
});
