// What somebody reads while they wait, and whose turn it is: words that promise no more than is known.

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { fileRefused, guardFiles } from "../src/app/files";
import { outbox, state } from "../src/app/messenger";
import { draft } from "../src/app/drafts";
import { closeHow, decideAnew, firstLook, showingHow } from "../src/app/welcome";
import { hasLink } from "../src/core/links";
import { roughly } from "../src/core/time";
import * as m from "../src/state/messenger";
import { en } from "../src/text/en";
import { HelpPanel } from "../src/ui/HelpNow";
import { Composer } from "../src/views/Composer";
import { ConversationList, onlyWaiting } from "../src/views/ConversationList";
import { HowItWorks } from "../src/views/HowItWorks";
import { waitWords } from "../src/views/MessageRow";
import type { ConversationView, MessageView, StatusView } from "../src/wire/generated";
import type { Frame } from "../src/wire/read";

const ME = { id: "a_me", name: "Me", role: "mentor" as const, site: "s_1" };
const AT = "2026-11-26T20:00:00.000Z";
let root: HTMLElement;

function view(id: string, more: Partial<ConversationView> = {}): ConversationView {
  const party = (account: string, name: string) => ({ account, name, role: "mentee" as const, presence: "online" as const });
  const parties = [party("a_me", "Me"), party(`a_${id}`, id)];
  return { id, kind: "pair", state: "open", site: "s_1", parties, last_seq: 0, read_seq: 0, pending: [], ...more };
}

function message(conversation: string, from: string, seq = 1): MessageView {
  return { conversation, message: `m_${conversation}_${seq}`, seq, from, text: "hello", altered: false, sent_at: AT, delivered_at: AT };
}

function welcome(conversations: ConversationView[], more: object = {}): Frame {
  const limits = { frame_bytes: 1, text_chars: 2000, unanswered: 32, replay_max: 1, pong_ms: 1 };
  const feed = { epoch: "e", head: 0, mark: "", resume: "live" as const, heartbeat_ms: 1, now: AT, build: "" };
  return { op: "welcome", id: 1, account: ME, conversations, limits, ...feed, features: ["expected_wait"], ...more };
}

const status = (more: Partial<StatusView> = {}): Frame => ({
  op: "event",
  offset: 1,
  type: "status",
  conversation: "c_1",
  message: "m_1",
  cid: "c",
  status: "held",
  sent_at: AT,
  text: "ring me",
  ...more,
});

function heard(...frames: Frame[]): m.Own {
  state.value = frames.reduce((before, frame) => m.hear(before, frame, 0), m.nothing);
  const own = state.value.threads["c_1"]?.own[0];
  if (!own) throw new Error("nothing of one's own");
  return own;
}

beforeEach(() => {
  root = document.createElement("div");
  document.body.replaceChildren(root);
  localStorage.clear();
  onlyWaiting.value = false;
});
afterEach(() => {
  render(null, root);
  fileRefused.value = false;
  vi.restoreAllMocks();
});

describe("a message that is being checked", () => {
  test.each([
    [1, "1 minute"],
    [61, "2 minutes"],
    [600, "10 minutes"],
    [601, "15 minutes"],
    [3_600, "1 hour"],
    [4_000, "1 hour 10 minutes"],
  ])("of %i s is said to take about %s", (seconds, words) => expect(roughly(seconds)).toBe(words));

  test("says how long that usually takes", () => {
    const own = heard(welcome([view("c_1")]), status({ expected_wait_s: 170 }));
    expect(waitWords(own)).toContain("about 3 minutes");
  });

  test("says that nobody is there, and the team's hours where the site has said them", () => {
    expect(waitWords(heard(welcome([view("c_1")]), status()))).toBe(en.status.heldAway);
    const own = heard(welcome([view("c_1")], { hours: "every day, 4pm to 10pm" }), status());
    expect(waitWords(own)).toContain("The team is here every day, 4pm to 10pm.");
  });

  test("says neither where the server tells no waits", () => {
    expect(waitWords(heard(welcome([view("c_1")], { features: [] }), status()))).toBe(en.status.heldHelp);
  });

  test("says after a new start what is expected now", () => {
    const pending = { message: "m_1", cid: "c", text: "ring me", sent_at: AT, status: "held" as const, expected_wait_s: 60 };
    expect(waitWords(heard(welcome([view("c_1", { pending: [pending] })])))).toContain("about 1 minute");
  });
});

describe("a message of a crisis", () => {
  const articles = [{ id: "h_1", title: "Harbour night line", phone: "0300 123 456" }];
  const help: Frame = { op: "event", offset: 2, type: "help", message: "m_1", articles };

  test("says that a person reads it now, only while one is there", () => {
    expect(waitWords(heard(welcome([view("c_1")]), status({ expected_wait_s: 120 }), help))).toBe(en.status.crisis);
    expect(waitWords(heard(welcome([view("c_1")]), status(), help))).toBe(en.status.crisisAway);
    expect(state.value.help).toEqual(articles);
  });

  test("is known as one after a reload, and the help stays until it is closed", () => {
    heard(welcome([view("c_1")]), status(), help);
    const kept = JSON.parse(JSON.stringify(m.kept(state.value))) as m.Kept;
    const pending = { message: "m_1", cid: "c", text: "ring me", sent_at: AT, status: "held" as const };
    const own = heard(welcome([view("c_1", { pending: [pending] })]));
    state.value = m.restored(state.value, kept);
    expect(waitWords(own)).toBe(en.status.crisisAway);
    expect(state.value.help).toEqual(articles);
    expect(m.restored(m.nothing, m.kept({ ...state.value, help: [] })).help).toEqual([]);
  });

  test("shows the site's own numbers first, then call, text and chat, each number once", async () => {
    const own = [...articles, { id: "h_2", title: "Samaritans", phone: "116123" }];
    await act(() => render(<HelpPanel articles={own} onClose={() => undefined} />, root));
    const links = [...root.querySelectorAll("a")].map((link) => link.getAttribute("href") ?? "");
    expect(links.slice(0, 2)).toEqual(["tel:0300123456", "tel:116123"]);
    expect(links).toContain("tel:999");
    expect(links).toContain("sms:85258");
    expect(links.some((href) => href.startsWith("https://"))).toBe(true);
    expect(links.filter((href) => href === "tel:116123")).toHaveLength(1);
  });
});

describe("the list of conversations", () => {
  test("knows who waits for a reply", () => {
    const spoke = (from: string, own: m.Own[] = []) => ({ ...m.newThread(view("c_1")), latest: message("c_1", from), own });
    const held: m.Own = { message: "m_2", cid: "c", text: "x", sentAt: AT, status: "held" };
    expect(m.needsReply(spoke("a_c_1"), "a_me", 0)).toBe(true);
    expect(m.needsReply(spoke("a_me"), "a_me", 0)).toBe(false);
    expect(m.needsReply(spoke("a_c_1", [held]), "a_me", 0)).toBe(false);
    expect(m.needsReply(spoke("a_c_1"), "a_me", 1)).toBe(false);
    const ended = m.newThread(view("c_1", { state: "ended" }));
    expect(m.needsReply({ ...ended, latest: message("c_1", "a_c_1") }, "a_me", 0)).toBe(false);
    expect(m.needsReply(m.newThread(view("c_1")), "a_me", 0)).toBe(false);
  });

  test("learns who spoke last from a glance, and never goes back behind what was heard", () => {
    const start = m.hear(m.nothing, welcome([view("c_1", { last_seq: 1 })]), 0);
    const first = m.glanced(start, "c_1", { messages: [message("c_1", "a_c_1")], more: true });
    expect(first.threads["c_1"]).toMatchObject({ latest: { from: "a_c_1" }, loaded: false, messages: [] });
    const next = m.hear(first, { op: "event", offset: 1, type: "message", ...message("c_1", "a_me", 2) }, 0);
    expect(m.glanced(next, "c_1", { messages: [message("c_1", "a_c_1")], more: true }).threads["c_1"]?.latest?.seq).toBe(2);
  });

  test("shows who needs a reply, and only those when asked", async () => {
    const threads = { c_1: { ...m.newThread(view("c_1")), latest: message("c_1", "a_c_1") }, c_2: m.newThread(view("c_2")) };
    state.value = { ...m.nothing, me: ME, threads };
    await act(() => render(<ConversationList me={ME} />, root));
    expect(root.querySelectorAll(".conversation")).toHaveLength(2);
    expect(root.querySelector("a[href$=c_1]")?.textContent).toContain(en.chats.needsReply);
    expect(root.querySelector("a[href$=c_2]")?.textContent).not.toContain(en.chats.needsReply);
    await act(() => root.querySelector("button")?.click());
    expect([...root.querySelectorAll(".conversation")].map((row) => row.getAttribute("href"))).toEqual(["#/c/c_1"]);
  });
});

describe("how it works", () => {
  const first = (...seqs: number[]) => {
    decideAnew();
    firstLook(seqs.map((read_seq, at) => view(`c_${at}`, { read_seq })));
  };

  test("is shown once to somebody who has read nothing here yet", async () => {
    first(0, 0);
    await act(() => render(<HowItWorks />, root));
    expect(root.querySelectorAll(".cards li")).toHaveLength(4);
    await act(() => closeHow());
    expect(root.textContent).toBe("");
    first(0, 0);
    expect(showingHow.value).toBe(false);
  });

  test("is not shown to somebody who has been here, on whatever device", () => {
    first(0, 7);
    expect(showingHow.value).toBe(false);
  });
});

describe("the field to write in", () => {
  const thread = m.newThread(view("c_1"));
  const open = () => {
    state.value = { ...m.nothing, me: ME };
    return act(() => render(<Composer thread={thread} me={ME} name="Sam" />, root));
  };
  const field = () => root.querySelector("textarea") ?? document.createElement("textarea");
  const write = (text: string) =>
    act(() => {
      field().value = text;
      field().dispatchEvent(new Event("input", { bubbles: true }));
    });

  test.each(["🙂🙂", "مرحبا، كيف حالك؟", "👨‍👩‍👧"])("takes %s as it is", async (text) => {
    const add = vi.spyOn(outbox, "add").mockReturnValue();
    await open();
    expect(field().dir).toBe("auto");
    await write(text);
    await act(() => void root.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
    expect(add).toHaveBeenCalledWith("c_1", text);
  });

  test("keeps ten thousand characters, says what to do, and sends none of it", async () => {
    const add = vi.spyOn(outbox, "add").mockReturnValue();
    await open();
    const long = "a".repeat(10_000);
    await write(long);
    expect(root.textContent).toContain("8000 characters too many");
    expect(root.textContent).toContain("All of it is still here");
    await act(() => void root.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
    expect(add).not.toHaveBeenCalled();
    expect(field().value).toBe(long);
    expect(draft("a_me", "c_1")).toBe(long);
  });

  test.each([
    ["look at https://example.org/x", true],
    ["www.example.org", true],
    ["see example.co.uk", true],
    ["I like it.Really", false],
    ["at 4.30 or so", false],
  ])("knows a link in %j: %s", (text, link) => expect(hasLink(text)).toBe(link));

  test("refuses a dropped file in words, and takes dropped text", async () => {
    onTestFinished(guardFiles(document));
    await open();
    await write("half a thought");
    const drop = (target: EventTarget, types: string[]) => {
      const event = Object.assign(new Event("drop", { bubbles: true, cancelable: true }), { dataTransfer: { types, getData: () => "" } });
      return act(() => void target.dispatchEvent(event)).then(() => event.defaultPrevented);
    };
    expect(await drop(field(), ["text/plain"])).toBe(false);
    expect(root.textContent).not.toContain(en.chat.file);
    expect(await drop(document.body, ["Files"])).toBe(true);
    expect(root.textContent).toContain(en.chat.file);
    expect(field().value).toBe("half a thought");
    await write("half a thought and more");
    expect(root.textContent).not.toContain(en.chat.file);
  });
});
