// What the messenger knows, as one value, and how each word from the server changes it. Pure: (state, frame) => state. It never sorts by a
// device's clock, and it knows a message by its id, so that hearing it twice changes nothing.

import { never } from "../core/never";
import type {
  ConversationView,
  HelpArticle,
  HistoryPage,
  Me,
  MessageStatus,
  MessageView,
  OkBody,
  Reason,
  StatusView,
} from "../wire/generated";
import type { Frame } from "../wire/read";

/** How many ends of one's own messages are remembered, so that a reload does not hide a refusal. */
export const ENDED_MAX = 50;
/** Typing is over after this long without a word. */
export const TYPING_MS = 6_000;

/** One's own message that is not, or not as it was written, before the others. */
export interface Own {
  message: string;
  cid: string;
  text: string;
  sentAt: string;
  status: MessageStatus;
  waitS?: number;
  reason?: Reason;
  note?: string;
  /** What the team would pass on instead, while it asks. */
  suggested?: string;
  /** By when to answer that. */
  answerBy?: string;
}

/** What the team did to one's own delivered message. */
export interface Change {
  before: string | null;
  reason?: Reason;
  note?: string;
}

export interface Thread {
  view: ConversationView;
  /** Delivered ones, by seq. */
  messages: MessageView[];
  own: Own[];
  changes: Record<string, Change>;
  /** The last delivered one, also before the page it stands on was read. */
  latest?: MessageView;
  /** Whether the newest page of history was read since the feed last broke. */
  loaded: boolean;
  /** Whether there are older ones to read. */
  more: boolean;
  typing: Record<string, number>;
}

export interface Messenger {
  me: Me | null;
  threads: Record<string, Thread>;
  help: HelpArticle[];
  /** One's own messages that spoke of a crisis. */
  crises: readonly string[];
  textMax: number;
  /** Whether no expected wait means that nobody is on duty. */
  waitsTold: boolean;
  /** When the team is there, in its own words. */
  hours: string | null;
}

/** What survives a reload of the page in this tab, and no longer. */
export interface Kept {
  own: Record<string, Own[]>;
  changes: Record<string, Record<string, Change>>;
  /** The help that is open, and what it was about: a reload must not take it away. */
  help?: HelpArticle[];
  crises?: readonly string[];
}

export const nothing: Messenger = { me: null, threads: {}, help: [], crises: [], textMax: 2000, waitsTold: false, hours: null };

/** A frame from the server, heard at `now` by this device's clock. */
export function hear(state: Messenger, frame: Frame, now: number): Messenger {
  switch (frame.op) {
    case "welcome":
      return welcome(state, frame);
    case "event":
      return event(state, frame);
    case "presence":
      return everyThread(state, (thread) => ({
        ...thread,
        view: {
          ...thread.view,
          parties: thread.view.parties.map((party) =>
            party.account === frame.account ? { ...party, presence: frame.state } : party,
          ),
        },
      }));
    case "typing":
      return inThread(state, frame.conversation, (thread) => ({
        ...thread,
        typing: typing(thread.typing, frame.account, frame.on ? now + TYPING_MS : null),
      }));
    case "read":
      return readTo(state, frame.conversation, frame.seq);
    case "live":
    case "ok":
    case "err":
    case "ping":
    case "pong":
    case "bye":
      return state;
    default:
      return never(frame);
  }
}

/** The server has taken one's message: what the outbox held is now held or delivered. */
export function taken(
  state: Messenger,
  said: { conversation: string; cid: string; text: string; at: string },
  answer: OkBody,
): Messenger {
  const { message, status } = answer;
  if (!message || !status) return state;
  return inThread(state, said.conversation, (thread) => {
    const known =
      thread.messages.some((other) => other.message === message) || thread.own.some((other) => other.message === message);
    // There is no order between an answer and events: what an event told already is newer.
    if (known) return thread;
    return { ...thread, own: [...thread.own, { message, cid: said.cid, text: said.text, sentAt: said.at, status }] };
  });
}

/** A page of history. `newest` when it is the first one, which also heals a feed that had to start anew. */
export function paged(state: Messenger, conversation: string, page: HistoryPage, newest: boolean): Messenger {
  return inThread(state, conversation, (thread) => {
    const oldest = page.messages.at(-1)?.seq ?? 0;
    // After a break there may be a hole below the newest page: what lies under it is read again when asked for.
    const known = newest && !thread.loaded ? thread.messages.filter((message) => message.seq >= oldest) : thread.messages;
    return withMessages({ ...thread, messages: known, loaded: true, more: page.more }, page.messages);
  });
}

/** How the server says that one's own message is, in answer to what one did with it. */
export function became(state: Messenger, conversation: string, message: string, status: MessageStatus): Messenger {
  return inThread(state, conversation, (thread) => ({
    ...thread,
    own: thread.own.map((own) => (own.message === message && own.status !== status ? { ...own, status } : own)),
  }));
}

/** The newest message alone, so that a list can say whose turn it is. */
export function glanced(state: Messenger, conversation: string, page: HistoryPage): Messenger {
  return inThread(state, conversation, (thread) => {
    const [latest] = page.messages;
    return latest && latest.seq > (thread.latest?.seq ?? 0) ? { ...thread, latest } : thread;
  });
}

/** Whether the other party spoke last, and nothing of one's own is on its way to them. */
export function needsReply(thread: Thread, me: string, unsent: number): boolean {
  const onItsWay = unsent > 0 || thread.own.some((own) => own.status === "held" || own.status === "consent");
  return thread.view.state === "open" && !onItsWay && thread.latest !== undefined && thread.latest.from !== me;
}

export function withdrawn(state: Messenger, conversation: string, message: string): Messenger {
  return became(state, conversation, message, "withdrawn");
}

/** Takes an ended message of one's own out of sight. */
export function dismissed(state: Messenger, conversation: string, message: string): Messenger {
  return inThread(state, conversation, (thread) => ({
    ...thread,
    own: thread.own.filter((own) => own.message !== message),
  }));
}

export function readTo(state: Messenger, conversation: string, seq: number): Messenger {
  return inThread(state, conversation, (thread) =>
    seq <= thread.view.read_seq ? thread : { ...thread, view: { ...thread.view, read_seq: seq } },
  );
}

/** Drops those whose time is over. */
export function stillTyping(state: Messenger, now: number): Messenger {
  const over = Object.values(state.threads).some((thread) => Object.values(thread.typing).some((until) => until <= now));
  if (!over) return state;
  return everyThread(state, (thread) => ({
    ...thread,
    typing: Object.fromEntries(Object.entries(thread.typing).filter(([, until]) => until > now)),
  }));
}

export function kept(state: Messenger): Kept {
  const keeping: Kept = { own: {}, changes: {}, help: state.help, crises: state.crises };
  for (const [id, thread] of Object.entries(state.threads)) {
    const ended = thread.own.filter((own) => isEnd(own.status)).slice(-ENDED_MAX);
    const changes = Object.entries(thread.changes).slice(-ENDED_MAX);
    if (ended.length > 0) keeping.own[id] = ended;
    if (changes.length > 0) keeping.changes[id] = Object.fromEntries(changes);
  }
  return keeping;
}

export function restored(state: Messenger, keeping: Kept): Messenger {
  const help = state.help.length > 0 ? state.help : (keeping.help ?? []);
  const crises = [...new Set([...(keeping.crises ?? []), ...state.crises])];
  return everyThread({ ...state, help, crises }, (thread) => {
    const own = (keeping.own[thread.view.id] ?? []).filter(
      (ended) => !thread.own.some((other) => other.message === ended.message),
    );
    return { ...thread, own: [...own, ...thread.own], changes: { ...keeping.changes[thread.view.id], ...thread.changes } };
  });
}

export function unread(thread: Thread, me: string): number {
  const from = Math.max(thread.view.read_seq, 0);
  const mine = thread.messages.filter((message) => message.seq > from && message.from === me).length;
  return Math.max(0, thread.view.last_seq - from - mine);
}

export function isEnd(status: MessageStatus): boolean {
  switch (status) {
    case "rejected":
    case "rephrase":
    case "withdrawn":
    case "expired":
      return true;
    case "held":
    case "consent":
    case "delivered":
      return false;
    default:
      return never(status);
  }
}

function welcome(state: Messenger, frame: Extract<Frame, { op: "welcome" }>): Messenger {
  const anew = frame.resume === "reset" || state.me?.id !== frame.account.id;
  const threads = Object.fromEntries(
    frame.conversations.map((view) => {
      const before = state.me?.id === frame.account.id ? state.threads[view.id] : undefined;
      const thread = before ? { ...before, view, typing: {} } : newThread(view);
      return [view.id, withPending(anew ? { ...thread, loaded: false } : thread, view)];
    }),
  );
  const told = { waitsTold: frame.features.includes("expected_wait"), hours: frame.hours ?? null };
  return { ...state, me: frame.account, threads, textMax: frame.limits.text_chars, ...told };
}

export function newThread(view: ConversationView): Thread {
  return { view, messages: [], own: [], changes: {}, loaded: false, more: view.last_seq > 0, typing: {} };
}

/** The server's list of what it still holds is the truth: what was held here and is not there has ended in events to come. */
function withPending(thread: Thread, view: ConversationView): Thread {
  const own = thread.own.filter((other) => !view.pending.some((pending) => pending.message === other.message));
  const held = view.pending.map((pending): Own => {
    const { message, cid, text, sent_at: sentAt, status, consent } = pending;
    const asked = consent ? { suggested: consent.text, reason: consent.reason, answerBy: consent.answer_by } : {};
    const note = consent?.note === undefined ? {} : { note: consent.note };
    const wait = pending.expected_wait_s === undefined ? {} : { waitS: pending.expected_wait_s };
    return { message, cid, text, sentAt, status, ...asked, ...note, ...wait };
  });
  return { ...thread, own: [...own, ...held] };
}

function event(state: Messenger, frame: Extract<Frame, { op: "event" }>): Messenger {
  switch (frame.type) {
    case "message":
      return inThread(state, frame.conversation, (thread) => heardMessage(thread, frame, state.me?.id));
    case "status":
      return inThread(state, frame.conversation, (thread) => heardStatus(thread, frame));
    case "help":
      return { ...state, help: frame.articles, crises: [...state.crises, frame.message].slice(-ENDED_MAX) };
    case "conversation": {
      const view = frame.conversation;
      const thread = state.threads[view.id];
      return { ...state, threads: { ...state.threads, [view.id]: thread ? { ...thread, view } : newThread(view) } };
    }
    case "item":
    case "report":
    case "unknown":
      return state;
    default:
      return never(frame);
  }
}

function heardMessage(thread: Thread, said: MessageView, me: string | undefined): Thread {
  const own = thread.own.find((other) => other.message === said.message);
  const change = said.altered && said.from === me && !thread.changes[said.message];
  const changes = change ? { ...thread.changes, [said.message]: { before: own?.text ?? null } } : thread.changes;
  const silent = typing(thread.typing, said.from, null);
  return withMessages({ ...thread, changes, typing: silent }, [pick(said)]);
}

function heardStatus(thread: Thread, said: StatusView): Thread {
  const before = thread.own.find((own) => own.message === said.message);
  if (said.status === "delivered") {
    if (!said.altered) return thread;
    const change: Change = { before: before?.text ?? thread.changes[said.message]?.before ?? null };
    if (said.reason) change.reason = said.reason;
    if (said.note) change.note = said.note;
    return { ...thread, changes: { ...thread.changes, [said.message]: change } };
  }
  if (thread.messages.some((message) => message.message === said.message)) return thread;
  const own: Own = {
    message: said.message,
    cid: said.cid,
    // The text of a question is the team's; one's own stays as it was.
    text: said.status === "consent" ? (before?.text ?? said.text ?? "") : (said.text ?? before?.text ?? ""),
    sentAt: said.sent_at,
    status: said.status,
  };
  if (said.expected_wait_s !== undefined) own.waitS = said.expected_wait_s;
  if (said.reason) own.reason = said.reason;
  if (said.note) own.note = said.note;
  if (said.status === "consent" && said.text !== undefined) own.suggested = said.text;
  if (said.answer_by) own.answerBy = said.answer_by;
  const others = thread.own.filter((other) => other.message !== said.message);
  return { ...thread, own: [...others, own].sort((a, b) => (a.sentAt < b.sentAt ? -1 : 1)) };
}

/** Adds messages by seq, each once, and ends the waiting of those of one's own. */
function withMessages(thread: Thread, more: MessageView[]): Thread {
  const bySeq = new Map(thread.messages.map((message) => [message.seq, message]));
  for (const message of more) bySeq.set(message.seq, message);
  const messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const there = new Set(messages.map((message) => message.message));
  const last = Math.max(thread.view.last_seq, messages.at(-1)?.seq ?? 0);
  const latest = messages.at(-1) ?? thread.latest;
  return {
    ...thread,
    ...(latest ? { latest } : {}),
    messages,
    own: thread.own.filter((own) => !there.has(own.message)),
    view: last === thread.view.last_seq ? thread.view : { ...thread.view, last_seq: last },
  };
}

/** Only the message's own fields: an event also carries those of its frame. */
function pick(said: MessageView): MessageView {
  const { conversation, message, seq, from, text, altered, sent_at, delivered_at, cid } = said;
  const view = { conversation, message, seq, from, text, altered, sent_at, delivered_at };
  return cid === undefined ? view : { ...view, cid };
}

function typing(who: Record<string, number>, account: string, until: number | null): Record<string, number> {
  if (until === null && !(account in who)) return who;
  const others = Object.fromEntries(Object.entries(who).filter(([other]) => other !== account));
  return until === null ? others : { ...others, [account]: until };
}

function inThread(state: Messenger, id: string, change: (thread: Thread) => Thread): Messenger {
  const thread = state.threads[id];
  if (!thread) return state;
  const changed = change(thread);
  return changed === thread ? state : { ...state, threads: { ...state.threads, [id]: changed } };
}

function everyThread(state: Messenger, change: (thread: Thread) => Thread): Messenger {
  return {
    ...state,
    threads: Object.fromEntries(Object.entries(state.threads).map(([id, thread]) => [id, change(thread)])),
  };
}
