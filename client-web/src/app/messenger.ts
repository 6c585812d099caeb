// The messenger's shell: joins the link, the outbox and the reducers, and holds the result in signals for the screens. Decides nothing.

import { computed, effect, signal } from "@preact/signals";
import { announce } from "../core/announce";
import { clearShown } from "../core/push";
import { chime, isHeard } from "../core/sound";
import { openRows, type Row } from "../link/db";
import { LiveLink } from "../link/link";
import { newOutbox, randomCid } from "../link/outbox";
import { became, dismissed, glanced, hear, kept, newThread, nothing, paged, readTo, restored, stillTyping, taken, unread, withdrawn } from "../state/messenger";
import type { Kept, Messenger } from "../state/messenger";
import { t } from "../text/words";
import type { ConversationView, Me, Role, StatusView } from "../wire/generated";
import type { Frame } from "../wire/read";
import { sound } from "./device";
import { here } from "./lock";
import { begun, keepLast, lastSeen } from "./last";
import { history } from "./api";
import { opened, shelf } from "./route";
import { firstLook } from "./welcome";

const SEEN_KEY = "handrail.seen";
const KEPT_KEY = "handrail.kept";
/** Typing is told at most so often; the server forgets it after 6 s. */
const TYPING_EVERY_MS = 3_000;

/** Of so many conversations at once what is new is counted exactly. */
const COUNTED_MAX = 10;
/** Of so many it is known whether they wait for a reply. */
const GLANCED_MAX = 50;

export const state = signal<Messenger>(remembered());
export const link = new LiveLink(heard);
export const loadProblem = signal<Record<string, string>>({});
export const loading = signal<Record<string, boolean>>({});
/** Where "New" stands: after what had been read when one came to look. Nothing when all had been. */
export const newAfter = signal<number | null>(null);

export const outbox = newOutbox({
  rows: openRows(globalThis.indexedDB),
  request: (request) => link.request(request),
  canSend: () => link.state.value.phase === "open",
  sent: (row: Row, answer) => (state.value = taken(state.value, row, answer)),
  newCid: randomCid,
  now: () => Date.now(),
});

/** The conversation on the screen: the chosen one, or the only one; none while one reads in the library. */
export const current = computed(() => {
  if (shelf.value !== null) return null;
  const threads = state.value.threads;
  const chosen = opened.value === null ? undefined : threads[opened.value];
  const all = Object.values(threads);
  return chosen ?? (all.length === 1 ? all[0] : undefined) ?? null;
});
const currentId = computed(() => current.value?.view.id ?? null);

export function start(): void {
  if (state.value.me) outbox.as(state.value.me.id);
  void showLast();
  keepLast(state);
  link.start();
  setInterval(() => (state.value = stillTyping(state.value, Date.now())), 1_000);
  effect(() => remember(state.value));
  effect(() => {
    const { me, threads } = state.value;
    const fresh = me ? Object.values(threads).reduce((sum, thread) => sum + unread(thread, me.id), 0) : 0;
    document.title = fresh > 0 ? `(${fresh}) ${t.chats.title}` : t.chats.title;
  });
  effect(() => {
    void currentId.value;
    markNew();
  });
  effect(() => {
    const open = current.value;
    // What is new is counted without one's own words, so those have to be known in the list as well.
    const others = Object.values(state.value.threads).slice(0, GLANCED_MAX);
    const fresh = Object.values(state.value.threads).filter((thread) => thread.view.last_seq > thread.view.read_seq);
    for (const thread of others) if (!thread.latest && !thread.loaded && thread.view.last_seq > 0) void glance(thread.view.id);
    for (const thread of open ? [open, ...fresh.slice(0, COUNTED_MAX)] : fresh.slice(0, COUNTED_MAX)) {
      const id = thread.view.id;
      if (!thread.loaded && !loading.peek()[id] && !(id in loadProblem.value)) void load(id, null);
    }
  });
  effect(() => {
    if (current.value && current.value.loaded && link.state.value.live) readCurrent();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      markNew();
      void clearShown();
    }
    readCurrent();
  });
}

export function older(conversation: string): void {
  const first = state.value.threads[conversation]?.messages[0];
  void load(conversation, first ? first.seq : null);
}

export function send(conversation: string, text: string): void {
  newAfter.value = null;
  outbox.add(conversation, text);
  typed(conversation, false);
}

export async function withdraw(conversation: string, message: string): Promise<string | null> {
  const answer = await link.request({ op: "withdraw", message });
  if (answer === null) return t.offlineRead;
  if (answer.op === "err") return answer.message;
  state.value = withdrawn(state.value, conversation, message);
  return null;
}

/** Accepts or declines the words that the team suggests. Gives what went wrong, if anything did. */
export async function answerChange(conversation: string, message: string, accept: boolean): Promise<string | null> {
  const answer = await link.request({ op: "answer", message, accept });
  if (answer === null) return t.offlineRead;
  if (answer.op === "err") return answer.message;
  if (answer.status) state.value = became(state.value, conversation, message, answer.status);
  return null;
}

export function dismiss(conversation: string, message: string): void {
  state.value = dismissed(state.value, conversation, message);
}

export function closeHelp(): void {
  state.value = { ...state.value, help: [] };
}

let toldTyping = { conversation: "", on: false, at: 0 };

export function typed(conversation: string, on: boolean): void {
  const now = Date.now();
  const { conversation: told, on: was, at } = toldTyping;
  const known = told === conversation && was === on && (!on || now - at < TYPING_EVERY_MS);
  if (known || (!on && told !== conversation)) return;
  toldTyping = { conversation, on, at: now };
  link.tell({ op: "typing", conversation, on });
}

function heard(frame: Frame): void {
  const before = state.value;
  const next = hear(before, frame, Date.now());
  state.value = frame.op === "welcome" ? restored(next, keptHere(frame.account)) : next;
  if (frame.op === "welcome") {
    // Without a network the worker shows this page to whoever asks.
    if (!converses(frame.account.role)) return location.replace("/staff");
    here(frame.account.id);
    loadProblem.value = {};
    firstLook(frame.conversations);
    outbox.as(frame.account.id);
  }
  if (link.state.value.live || frame.op !== "event") speak(frame);
}

/** Until the connection stands, one's own phone shows what it kept. */
async function showLast(): Promise<void> {
  const last = await lastSeen();
  if (!last) return;
  const known = state.value.me !== null;
  const shown = begun(state.value, last);
  state.value = known ? shown : restored(shown, keptHere(last.me));
  if (!known) outbox.as(last.me.id);
}

function converses(role: Role): boolean {
  return role === "mentee" || role === "mentor" || role === "guest_officer";
}

/** Tells a screen reader what a sighted person sees arrive. */
function speak(frame: Frame): void {
  if (frame.op !== "event") return;
  const me = state.value.me?.id;
  if (frame.type === "help") return announce(t.help.panel);
  if (frame.type === "status") return announce(statusWords(frame));
  if (frame.type !== "message" || frame.from === me) return;
  const onScreen = current.peek()?.view.id === frame.conversation;
  if (sound.value && isHeard(onScreen, document.hidden)) chime();
  const party = state.value.threads[frame.conversation]?.view.parties.find((other) => other.account === frame.from);
  announce(t.say.message(party?.name ?? "", frame.text), t.say.messages);
}

function statusWords(status: StatusView): string {
  switch (status.status) {
    case "held":
      return t.status.held;
    case "consent":
      return t.status.consent;
    case "delivered":
      return status.altered ? t.status.altered : t.status.delivered;
    case "rejected":
      return `${t.status.rejected}. ${status.reason ? t.reason[status.reason] : ""}`;
    case "rephrase":
      return t.status.rephrase;
    case "withdrawn":
      return t.status.withdrawn;
    case "expired":
      return t.status.expired;
  }
}

async function load(conversation: string, before: number | null): Promise<void> {
  loading.value = { ...loading.value, [conversation]: true };
  loadProblem.value = without(loadProblem.value, conversation);
  const page = await history(conversation, before);
  if (page.ok) state.value = paged(state.value, conversation, page.value, before === null);
  else if (page.code === "unauthenticated") link.stop("sign_in");
  else loadProblem.value = { ...loadProblem.value, [conversation]: page.message };
  loading.value = without(loading.value, conversation);
}

const glancedAt = new Set<string>();

/** Reads who spoke last, for the list. Once a page: what comes later is heard. */
async function glance(conversation: string): Promise<void> {
  if (glancedAt.has(conversation)) return;
  glancedAt.add(conversation);
  const page = await history(conversation, null, 1);
  if (page.ok) state.value = glanced(state.value, conversation, page.value);
  else glancedAt.delete(conversation);
}

function markNew(): void {
  const thread = current.peek();
  const me = state.peek().me;
  newAfter.value = thread && me && unread(thread, me.id) > 0 ? thread.view.read_seq : null;
}

/** A conversation on a visible screen is read. */
function readCurrent(): void {
  const thread = current.peek();
  if (!thread || !thread.loaded || document.hidden || !link.live) return;
  const seq = thread.messages.at(-1)?.seq ?? 0;
  if (seq <= thread.view.read_seq) return;
  link.tell({ op: "read", conversation: thread.view.id, seq });
  state.value = readTo(state.peek(), thread.view.id, seq);
}

/** Who and with whom, for the moment before the connection stands. Names only, in this tab only. */
function remembered(): Messenger {
  try {
    const seen = JSON.parse(sessionStorage.getItem(SEEN_KEY) ?? "null") as { me: Me; conversations: ConversationView[] } | null;
    if (!seen) return nothing;
    const threads = Object.fromEntries(seen.conversations.map((view) => [view.id, newThread(view)]));
    return restored({ ...nothing, me: seen.me, threads }, keptHere(seen.me));
  } catch {
    return nothing;
  }
}

function remember(now: Messenger): void {
  if (!now.me) return;
  const conversations = Object.values(now.threads).map(({ view }) => ({ ...view, pending: [] }));
  try {
    sessionStorage.setItem(SEEN_KEY, JSON.stringify({ me: now.me, conversations }));
    sessionStorage.setItem(KEPT_KEY, JSON.stringify({ account: now.me.id, ...kept(now) }));
  } catch {
    // Without room, a reload shows less until the connection stands.
  }
}

function keptHere(me: Me): Kept {
  const none = { own: {}, changes: {} };
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEPT_KEY) ?? "null") as (Kept & { account: string }) | null;
    return saved?.account === me.id ? saved : none;
  } catch {
    return none;
  }
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}
