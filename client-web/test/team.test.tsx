// What passes between a person and the team: a change that is asked about, a refusal with its reason, and a report.

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { draft } from "../src/app/drafts";
import { link, state } from "../src/app/messenger";
import { beginTelling, changeTelling, stopTelling, tell, telling } from "../src/app/report";
import * as reports from "../src/app/reports";
import * as staff from "../src/app/staff";
import type { Answer } from "../src/link/link";
import * as m from "../src/state/messenger";
import { merged } from "../src/state/reports";
import { timeline } from "../src/state/timeline";
import { en } from "../src/text/en";
import { enStaff } from "../src/text/staff";
import { detailed, MessageDetails } from "../src/views/MessageDetails";
import { MessageRow } from "../src/views/MessageRow";
import { TellTeam } from "../src/views/TellTeam";
import type { ConversationView, MessageView, OkBody, Pending, ReportView, StatusView } from "../src/wire/generated";

const ME = { id: "a_me", name: "Me", role: "mentee" as const, site: "s_1" };
const AT = "2026-11-26T20:00:00.000Z";
const party = (account: string, name: string) => ({ account, name, role: "mentor" as const, presence: "online" as const });
const view = (more: Partial<ConversationView> = {}): ConversationView => ({
  id: "c_1",
  kind: "pair",
  state: "open",
  site: "s_1",
  parties: [party("a_me", "Me"), party("a_alex", "Alex")],
  last_seq: 0,
  read_seq: 0,
  pending: [],
  ...more,
});
const own = (more: Partial<m.Own> = {}): m.Own => ({ message: "m_1", cid: "c", text: "ring me", sentAt: AT, status: "held", ...more });
const asked = own({ status: "consent", suggested: "write to me", reason: "contact_details", answerBy: AT });
const ok = (more: Partial<OkBody> = {}) => ({ op: "ok", id: 1, ...more }) as Answer;
const err = (message: string) => ({ op: "err", id: 1, code: "rate_limited", temporary: true, message }) as Answer;
let root: HTMLElement;

beforeEach(() => {
  root = document.createElement("div");
  document.body.replaceChildren(root);
  localStorage.clear();
  state.value = { ...m.nothing, me: ME, threads: { c_1: m.newThread(view()) } };
});
afterEach(() => {
  render(null, root);
  detailed.value = null;
  stopTelling();
  vi.restoreAllMocks();
});

function thread(): m.Thread {
  const found = state.value.threads["c_1"];
  if (!found) throw new Error("no thread");
  return found;
}

function show(thing: m.Own): void {
  state.value = { ...state.value, threads: { c_1: { ...thread(), own: [thing] } } };
  const [line] = timeline(thread(), [], ME.id, null);
  if (!line) throw new Error("no line");
  render(<MessageRow line={line} thread={thread()} me={ME} />, root);
}

async function press(words: string): Promise<void> {
  const button = [...document.querySelectorAll("button")].find((other) => other.textContent?.includes(words));
  if (!button) throw new Error(`no button ${words}`);
  await act(() => button.click());
}

describe("a change that the team asks about", () => {
  const status: StatusView = { conversation: "c_1", message: "m_1", cid: "c", status: "consent", sent_at: AT };
  const question = { text: "write to me", reason: "contact_details" as const, answer_by: AT };

  test("keeps one's own words beside the team's", () => {
    const start = { ...state.value, threads: { c_1: { ...thread(), own: [own()] } } };
    const after = m.hear(start, { op: "event", offset: 1, type: "status", ...status, ...question }, 0);
    expect(after.threads["c_1"]?.own).toEqual([{ ...asked }]);
  });

  test("is there again after a new start", () => {
    const pending: Pending = { message: "m_1", cid: "c", text: "ring me", sent_at: AT, status: "consent", consent: question };
    const told = view({ pending: [pending] });
    const limits = { frame_bytes: 1, text_chars: 2000, unanswered: 32, replay_max: 1, pong_ms: 1 };
    const feed = { epoch: "e", head: 0, mark: "", resume: "reset" as const, heartbeat_ms: 1, features: [], now: AT, build: "" };
    const after = m.hear(m.nothing, { op: "welcome", id: 1, account: ME, conversations: [told], limits, ...feed }, 0);
    expect(after.threads["c_1"]?.own).toEqual([asked]);
  });

  test("shows what would change, and says yes", async () => {
    const request = vi.spyOn(link, "request").mockResolvedValue(ok({ message: "m_1", status: "delivered" }));
    await act(() => show(asked));
    expect(root.querySelector("del")?.textContent).toContain("ring");
    expect(root.querySelector("ins")?.textContent).toContain("write");
    expect(root.textContent).toContain(en.reason.contact_details);
    await press(en.details.accept);
    expect(request).toHaveBeenCalledWith({ op: "answer", message: "m_1", accept: true });
    expect(thread().own[0]?.status).toBe("delivered");
  });

  test("says no, and the message is taken back", async () => {
    const request = vi.spyOn(link, "request").mockResolvedValue(ok({ message: "m_1", status: "withdrawn" }));
    await act(() => show(asked));
    await press(en.details.decline);
    expect(request).toHaveBeenCalledWith({ op: "answer", message: "m_1", accept: false });
    expect(thread().own[0]?.status).toBe("withdrawn");
  });

  test("stays when the answer is lost, and says so", async () => {
    vi.spyOn(link, "request").mockResolvedValue(null);
    await act(() => show(asked));
    await press(en.details.accept);
    await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toBe(en.offlineRead));
    expect(thread().own[0]?.status).toBe("consent");
  });
});

describe("a message that was not passed on", () => {
  test.each(Object.keys(en.reason) as (keyof typeof en.reason)[])("says why and what to do next: %s", async (reason) => {
    await act(() => show(own({ status: "rejected", reason, note: "Thank you." })));
    for (const words of [en.status.rejected, en.reason[reason], en.next[reason], "Thank you."]) {
      expect(root.textContent).toContain(words);
    }
  });

  test("can be asked about from its details", async () => {
    await act(() => show(own({ status: "rejected", reason: "other" })));
    await press(en.details.open);
    expect(detailed.value).toBe("m_1");
    await act(() => render(<MessageDetails thread={thread()} me={ME} />, root));
    await press(en.details.ask);
    expect(telling.value).toMatchObject({ conversation: "c_1", reason: "other", phase: "writing" });
  });
});

describe("the details of a message that the team changed", () => {
  test("show the words that went and came, the reason and the times", async () => {
    const said: MessageView = {
      conversation: "c_1",
      message: "m_1",
      seq: 1,
      from: "a_me",
      text: "write to me",
      altered: true,
      sent_at: AT,
      delivered_at: AT,
    };
    const changed = { ...thread(), messages: [said], changes: { m_1: { before: "ring me", reason: "contact_details" as const } } };
    detailed.value = "m_1";
    await act(() => render(<MessageDetails thread={changed} me={ME} />, root));
    expect(root.querySelector("h2")?.textContent).toBe(en.status.altered);
    expect(root.querySelector("del")?.textContent).toContain("ring");
    expect(root.textContent).toContain(en.reason.contact_details);
    expect(root.querySelectorAll("dt")).toHaveLength(2);
  });
});

describe("telling the team", () => {
  test("goes under one id until the words change, keeps what was written, and forgets it when the team has it", async () => {
    const request = vi.spyOn(link, "request").mockResolvedValue(null);
    beginTelling("c_1");
    changeTelling({ text: "he shouted", pause: true });
    expect(await tell()).toBe(false);
    expect(telling.value?.problem).toBe(en.tell.needReason);
    expect(request).not.toHaveBeenCalled();
    changeTelling({ reason: "upset" });
    expect(await tell()).toBe(false);
    expect(telling.value).toMatchObject({ problem: en.offlineRead, phase: "writing", text: "he shouted" });
    stopTelling();
    beginTelling("c_1", "upset");
    expect(telling.value?.text).toBe("he shouted");
    request.mockResolvedValueOnce(err("Wait a moment.")).mockResolvedValue(ok({ report: "r_1" }));
    expect(await tell()).toBe(false);
    expect(telling.value?.problem).toBe("Wait a moment.");
    expect(await tell()).toBe(true);
    expect(telling.value?.phase).toBe("sent");
    const [lost, refused, taken] = request.mock.calls.map(([said]) => said as { cid: string });
    expect(refused?.cid).toBe(taken?.cid);
    expect(lost?.cid).not.toBe(taken?.cid);
    expect(draft(ME.id, "team.c_1")).toBe("");
  });

  test("says who sees it, and offers a pause only where people may write", async () => {
    beginTelling("c_1");
    await act(() => render(<TellTeam thread={thread()} me={ME} />, root));
    expect(root.textContent).toContain(en.tell.intro("Alex"));
    expect(root.textContent).toContain(en.tell.pause);
    await act(() => render(<TellTeam thread={m.newThread(view({ state: "paused" }))} me={ME} />, root));
    expect(root.textContent).not.toContain(en.tell.pause);
  });

  test("calls the match by another name for a mentor", async () => {
    beginTelling("c_1");
    await act(() => render(<TellTeam thread={thread()} me={{ ...ME, role: "mentor" }} />, root));
    expect(root.textContent).toContain(en.tell.changeMatch);
    expect(root.textContent).not.toContain(en.tell.reason.change_mentor);
  });
});

describe("the reports of a site", () => {
  const report = (id: string, at: string, more: Partial<ReportView> = {}): ReportView => ({
    id,
    conversation: "c_1",
    from: "a_me",
    name: "Me",
    role: "mentee",
    reason: "unsafe",
    text: "",
    pause: true,
    at,
    ...more,
  });

  test("stand newest first, each once", () => {
    const [old, fresh] = [report("r_1", AT), report("r_2", "2026-11-26T21:00:00.000Z")];
    expect(merged([old], [fresh, old]).map(({ id }) => id)).toEqual(["r_2", "r_1"]);
  });

  test("are new until they were looked at, and a pause is ended once it is asked for", async () => {
    const page = { reports: [report("r_0", "2026-11-25T20:00:00.000Z")], next: null };
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(JSON.stringify(page)));
    await reports.readReports();
    reports.heardReport(report("r_1", AT));
    reports.heardReport(report("r_1", AT));
    expect(reports.freshReports.value.size).toBe(1);
    expect(reports.reports.value.map(({ id }) => id)).toEqual(["r_1", "r_0"]);
    reports.openReports();
    reports.closeReports();
    expect(reports.freshReports.value.size).toBe(0);
    const request = vi.spyOn(staff.link, "request").mockResolvedValue(ok({ conversation: "c_1", state: "open" }));
    await reports.lift("c_1");
    expect(request).toHaveBeenCalledWith({ op: "lift", conversation: "c_1" });
    expect(reports.lifted.value["c_1"]).toBe(enStaff.reports.lifted);
    reports.heardReport(report("r_3", AT));
    expect(reports.lifted.value["c_1"]).toBe("");
  });
});
