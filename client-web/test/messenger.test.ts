// The messenger's state, told word by word.

import { describe, expect, test } from "vitest";
import * as m from "../src/state/messenger";
import type { Messenger, Thread } from "../src/state/messenger";
import { timeline } from "../src/state/timeline";
import type { ConversationView, MessageView, StatusView, Welcome } from "../src/wire/generated";
import type { Frame } from "../src/wire/read";

const ME = "a_me";
const ALEX = "a_alex";
const CHAT = "c_1";
const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 9, minute)).toISOString();

function view(more: Partial<ConversationView> = {}): ConversationView {
  const party = (account: string, name: string) => ({ account, name, role: "mentor" as const, presence: "online" as const });
  const parties = [party(ME, "Me"), party(ALEX, "Alex")];
  return { id: CHAT, kind: "pair", state: "open", site: "s_1", parties, last_seq: 0, read_seq: 0, pending: [], ...more };
}

function welcome(more: Partial<Welcome> = {}): Frame {
  const limits = { frame_bytes: 32768, text_chars: 2000, unanswered: 32, replay_max: 10000, pong_ms: 35000 };
  const account = { id: ME, name: "Me", role: "mentee" as const, site: "s_1" };
  const feed = { epoch: "e", head: 0, mark: "x", resume: "live" as const, heartbeat_ms: 25000 };
  return { op: "welcome", id: 1, account, conversations: [view()], ...feed, limits, features: [], now: at(0), build: "b", ...more };
}

function message(seq: number, more: Partial<MessageView> = {}): MessageView {
  const told = { conversation: CHAT, message: `m_${seq}`, seq, from: ALEX, text: `text ${seq}`, altered: false };
  return { ...told, sent_at: at(seq), delivered_at: at(seq), ...more };
}

const heardMessage = (seq: number, more: Partial<MessageView> = {}): Frame => ({
  op: "event",
  offset: seq,
  type: "message",
  ...message(seq, more),
});

function status(more: Partial<StatusView>): Frame {
  const told = { conversation: CHAT, message: "m_held", cid: "cid", status: "held" as const, sent_at: at(1) };
  return { op: "event", offset: 1, type: "status", ...told, ...more };
}

function tell(frames: Frame[], from: Messenger = m.nothing): Messenger {
  return frames.reduce((state, frame) => m.hear(state, frame, 0), from);
}

function thread(state: Messenger): Thread {
  const found = state.threads[CHAT];
  if (!found) throw new Error("no thread");
  return found;
}

const texts = (state: Messenger) => thread(state).messages.map((other) => other.text);
const HELD = { op: "ok" as const, message: "m_held", status: "held" as const };
const SAID = { conversation: CHAT, cid: "cid", text: "my number", at: at(1) };

describe("messages", () => {
  test("stand in the order of seq, each once", () => {
    const state = tell([welcome(), heardMessage(2), heardMessage(1), heardMessage(2)]);
    expect(texts(state)).toEqual(["text 1", "text 2"]);
    expect(thread(state).view.last_seq).toBe(2);
  });

  test("of history join those of the feed", () => {
    const page = { messages: [message(2), message(1)], more: true };
    const state = m.paged(tell([welcome(), heardMessage(3), heardMessage(2)]), CHAT, page, true);
    expect(texts(state)).toEqual(["text 1", "text 2", "text 3"]);
    expect(thread(state)).toMatchObject({ loaded: true, more: true });
  });

  test("after a reset are read anew, without a hole in between", () => {
    let state = m.paged(tell([welcome()]), CHAT, { messages: [message(2), message(1)], more: false }, true);
    state = tell([welcome({ resume: "reset", conversations: [view({ last_seq: 99 })] })], state);
    expect(thread(state).loaded).toBe(false);
    state = m.paged(state, CHAT, { messages: [message(99), message(98)], more: true }, true);
    expect(texts(state)).toEqual(["text 98", "text 99"]);
  });

  test("of a conversation one does not know change nothing", () => {
    const state = tell([welcome()]);
    expect(tell([heardMessage(1, { conversation: "c_other" })], state)).toBe(state);
  });
});

describe("one's own message", () => {
  test("that is held is shown as being checked, whichever of answer and event comes first", () => {
    const answered = tell([status({ text: "my number" })], m.taken(tell([welcome()]), SAID, HELD));
    const told = m.taken(tell([welcome(), status({ text: "my number" })]), SAID, HELD);
    for (const state of [answered, told]) {
      expect(thread(state).own).toMatchObject([{ message: "m_held", cid: "cid", status: "held", text: "my number" }]);
    }
  });

  test("that was delivered before its answer came is not shown twice", () => {
    const answer = { message: "m_1", status: "delivered" as const, seq: 1 };
    const state = m.taken(tell([welcome(), heardMessage(1, { from: ME, cid: "cid" })]), SAID, answer);
    expect(thread(state).own).toEqual([]);
  });

  test("that the team changed keeps what was written", () => {
    const state = tell([
      welcome(),
      status({ text: "my number is 07700" }),
      status({ status: "delivered", seq: 1, altered: true, text: "my number is private", reason: "contact_details" }),
      heardMessage(1, { message: "m_held", from: ME, cid: "cid", altered: true, text: "my number is private" }),
    ]);
    expect(thread(state).own).toEqual([]);
    expect(texts(state)).toEqual(["my number is private"]);
    expect(thread(state).changes["m_held"]).toEqual({ before: "my number is 07700", reason: "contact_details" });
  });

  test.each(["rejected", "rephrase"] as const)("that was %s keeps its text, the reason and the note", (end) => {
    const state = tell([welcome(), status({ text: "words" }), status({ status: end, reason: "abuse", note: "Be kind." })]);
    expect(thread(state).own).toMatchObject([{ text: "words", status: end, reason: "abuse", note: "Be kind." }]);
  });

  test("that one took back is so at once", () => {
    const state = m.withdrawn(tell([welcome(), status({ text: "words" })]), CHAT, "m_held");
    expect(thread(state).own[0]?.status).toBe("withdrawn");
  });

  test("that is still held is told by the next welcome", () => {
    const pending = [{ message: "m_held", cid: "cid", text: "words", sent_at: at(1), status: "held" as const }];
    expect(thread(tell([welcome({ conversations: [view({ pending })] })])).own).toMatchObject([{ status: "held" }]);
  });

  test("with its end survives a reload of the page", () => {
    const before = tell([welcome(), status({ text: "words" }), status({ status: "rejected", reason: "abuse", note: "No." })]);
    const after = m.restored(tell([welcome()]), m.kept(before));
    expect(thread(after).own).toEqual(thread(before).own);
  });
});

describe("people", () => {
  test("come and go", () => {
    const state = tell([welcome(), { op: "presence", account: ALEX, state: "away" }]);
    expect(thread(state).view.parties.map((party) => party.presence)).toEqual(["online", "away"]);
  });

  test("write for six seconds, or until their message is there", () => {
    const writes: Frame = { op: "typing", conversation: CHAT, account: ALEX, on: true };
    const state = tell([welcome(), writes]);
    expect(thread(m.stillTyping(state, m.TYPING_MS - 1)).typing).toHaveProperty(ALEX);
    expect(thread(m.stillTyping(state, m.TYPING_MS)).typing).toEqual({});
    expect(thread(tell([heardMessage(1)], state)).typing).toEqual({});
  });

  test("see what is new to them, without their own words", () => {
    const state = tell([
      welcome({ conversations: [view({ last_seq: 2, read_seq: 1 })] }),
      heardMessage(3),
      heardMessage(4, { from: ME }),
    ]);
    expect(m.unread(thread(state), ME)).toBe(2);
    expect(m.unread(thread(m.readTo(state, CHAT, 4)), ME)).toBe(0);
  });

  test("in a crisis get help at once", () => {
    const articles = [{ id: "ar_1", title: "Samaritans", phone: "116 123" }];
    expect(tell([welcome(), { op: "event", offset: 1, type: "help", message: "m_1", articles }]).help).toEqual(articles);
  });
});

describe("a conversation", () => {
  test("that is paused keeps what was said", () => {
    const paused: Frame = { op: "event", offset: 2, type: "conversation", conversation: view({ state: "paused" }) };
    const state = tell([welcome(), heardMessage(1), paused]);
    expect(thread(state).view.state).toBe("paused");
    expect(texts(state)).toEqual(["text 1"]);
  });

  test("is another one for another account on the same device", () => {
    const other = { id: "a_other", name: "Other", role: "mentee" as const, site: "s_1" };
    const state = tell([welcome(), heardMessage(1), welcome({ account: other })]);
    expect(texts(state)).toEqual([]);
  });
});

describe("the timeline", () => {
  const row = { cid: "r", account: ME, conversation: CHAT, text: "later", at: at(0), order: 1, problem: null };

  test("puts a held message where it was said and the outbox at the end", () => {
    const state = tell([welcome(), heardMessage(0), heardMessage(2), status({ text: "held" })]);
    const lines = timeline(thread(state), [row], ME, null);
    expect(lines.map((line) => line.entry.key)).toEqual(["m_0", "m_held", "m_2", "r"]);
  });

  test("shows no row of the outbox that the server has", () => {
    const state = tell([welcome(), heardMessage(1, { from: ME, cid: "r" })]);
    expect(timeline(thread(state), [row], ME, null)).toHaveLength(1);
  });

  test("groups one person's messages within five minutes, and marks days and what is new", () => {
    const day = (minute: number) => ({ delivered_at: new Date(2026, 10, 22, 9, minute).toISOString() });
    const state = tell([
      welcome(),
      heardMessage(1, { delivered_at: new Date(2026, 10, 21, 9, 0).toISOString() }),
      heardMessage(2, day(0)),
      heardMessage(3, day(4)),
      heardMessage(4, day(20)),
      heardMessage(5, { ...day(21), from: ME }),
    ]);
    const lines = timeline(thread(state), [], ME, 3);
    const marks = lines.map((line) => [line.newDay && "day", line.first && "first", line.last && "last", line.firstNew && "new"]);
    expect(marks.map((mark) => mark.filter(Boolean).join(" "))).toEqual([
      "day first last",
      "day first",
      "last",
      "first last new",
      "first last",
    ]);
  });
});
