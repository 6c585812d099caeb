// Telling the team past the other party. What was chosen and written stays until the server has it, and goes under one id, so that trying
// again tells it once.

import { signal } from "@preact/signals";
import { randomCid } from "../link/outbox";
import { t } from "../text/words";
import type { ReportReason } from "../wire/generated";
import { draft, keepDraft } from "./drafts";
import { link, state } from "./messenger";

export interface Telling {
  conversation: string;
  reason: ReportReason | null;
  text: string;
  pause: boolean;
  cid: string;
  phase: "writing" | "sending" | "sent";
  problem: string | null;
}

/** What is being told now; nothing while the form is closed. */
export const telling = signal<Telling | null>(null);

export function beginTelling(conversation: string, reason: ReportReason | null = null): void {
  const text = draft(account(), place(conversation));
  telling.value = { conversation, reason, text, pause: false, cid: randomCid(), phase: "writing", problem: null };
}

export function changeTelling(change: Partial<Pick<Telling, "reason" | "text" | "pause">>): void {
  const now = telling.value;
  if (!now || now.phase === "sending") return;
  if (change.text !== undefined) keepDraft(account(), place(now.conversation), change.text);
  // Other words are another report: the server refuses them under the same id.
  telling.value = { ...now, ...change, cid: randomCid(), problem: null };
}

export function stopTelling(): void {
  telling.value = null;
}

/** Tells it. Gives whether the server has it. */
export async function tell(): Promise<boolean> {
  const said = telling.value;
  if (!said || said.phase !== "writing") return false;
  if (said.reason === null) {
    telling.value = { ...said, problem: t.tell.needReason };
    return false;
  }
  telling.value = { ...said, phase: "sending", problem: null };
  const { cid, conversation, reason, pause } = said;
  const answer = await link.request({ op: "report", cid, conversation, reason, text: said.text.trim(), pause });
  if (answer?.op === "ok") {
    keepDraft(account(), place(conversation), "");
    if (telling.value?.cid === cid) telling.value = { ...said, phase: "sent" };
    return true;
  }
  if (telling.value?.cid === cid) telling.value = { ...said, problem: answer === null ? t.offlineRead : answer.message };
  return false;
}

function account(): string {
  return state.value.me?.id ?? "";
}

/** Drafts are by conversation; what is for the team lies beside what is for the other party. */
function place(conversation: string): string {
  return `team.${conversation}`;
}
