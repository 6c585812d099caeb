// Says why signing in did not work, and shows the code field where one is needed. The form works without this script.

import "./plain";

const WORDS: Record<string, string> = {
  unauthenticated: "The name or the password is not right. Check both and try again.",
  rate_limited: "There were too many tries. Wait five minutes, then try again.",
  code_needed: "Enter the code from your authenticator as well.",
  expired: "You were signed out after a while. Sign in again.",
};
const OTHER = "Signing in did not work. Try again.";

const show = (id: string) => document.getElementById(id)?.removeAttribute("hidden");
const field = (id: string) => document.getElementById(id) as HTMLInputElement | null;

// Whoever signs in next may be somebody else: what this tab knew of the last one goes. Drafts stay, each with its account.
try {
  for (const key of ["handrail.seen", "handrail.kept"]) sessionStorage.removeItem(key);
} catch {
  // Storage that cannot be opened holds nothing.
}

const error = new URLSearchParams(location.search).get("error");
const summary = document.getElementById("error");
if (error !== null && summary) {
  summary.textContent = WORDS[error] ?? OTHER;
  show("error");
  summary.focus();
}
if (error === "code_needed") {
  show("code-row");
  field("code")?.removeAttribute("disabled");
}
show("show-row");
field("show")?.addEventListener("change", (event) => {
  const on = (event.currentTarget as HTMLInputElement).checked;
  field("password")?.setAttribute("type", on ? "text" : "password");
});
