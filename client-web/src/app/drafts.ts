// What is written and not sent: one text for each conversation and account, kept through a reload, a lost network and an ended session.

const PREFIX = "handrail.draft.";

export function draft(account: string, conversation: string): string {
  try {
    return localStorage.getItem(key(account, conversation)) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(account: string, conversation: string, text: string): void {
  try {
    if (text === "") localStorage.removeItem(key(account, conversation));
    else localStorage.setItem(key(account, conversation), text);
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

function key(account: string, conversation: string): string {
  return `${PREFIX}${account}.${conversation}`;
}
