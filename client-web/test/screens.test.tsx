// The screens' own rules, in a document: what a key does, what a form asks for, and which acts stand there.

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { outbox, state } from "../src/app/messenger";
import { draft } from "../src/app/drafts";
import { keyOf, switchKeys } from "../src/app/keys";
import * as staff from "../src/app/staff";
import { select, put, emptyQueue } from "../src/state/queue";
import { newThread } from "../src/state/messenger";
import { en } from "../src/text/en";
import { enStaff } from "../src/text/staff";
import { Composer } from "../src/views/Composer";
import { form } from "../src/views/Decide";
import { Item } from "../src/views/Item";
import { waitWords } from "../src/views/QueueList";
import type { ActName, ItemView } from "../src/wire/generated";
import { item } from "./items";

const ME = { id: "a_me", name: "Me", role: "mentee" as const, site: "s_1" };
const VIEW = { id: "c_1", kind: "pair" as const, state: "open" as const, site: "s_1", parties: [], last_seq: 0, read_seq: 0, pending: [] };
let root: HTMLElement;

beforeEach(() => {
  root = document.createElement("div");
  document.body.replaceChildren(root);
  localStorage.clear();
  state.value = { ...state.value, me: ME, textMax: 20 };
  staff.trouble.value = null;
});
afterEach(() => {
  render(null, root);
  vi.restoreAllMocks();
});

function find<T extends HTMLElement>(selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

async function write(field: HTMLTextAreaElement, text: string): Promise<void> {
  await act(() => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function press(field: HTMLElement, key: KeyboardEventInit): Promise<boolean> {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key });
  await act(() => void field.dispatchEvent(event));
  return event.defaultPrevented;
}

describe("the field to write in", () => {
  const thread = newThread(VIEW);
  const open = () => act(() => render(<Composer thread={thread} me={ME} name="Alex" />, root));
  const pointer = (fine: boolean) =>
    vi.spyOn(globalThis, "matchMedia").mockReturnValue({ matches: fine } as unknown as MediaQueryList);

  test("sends on Enter where there is a real keyboard, and forgets the draft", async () => {
    pointer(true);
    const add = vi.spyOn(outbox, "add").mockReturnValue();
    await open();
    await write(find("textarea"), "  hello ");
    expect(draft("a_me", "c_1")).toBe("  hello ");
    await press(find("textarea"), { key: "Enter" });
    expect(add).toHaveBeenCalledWith("c_1", "hello");
    expect(draft("a_me", "c_1")).toBe("");
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("");
  });

  test.each([
    ["Shift is held", true, { shiftKey: true }],
    ["a word is still being composed", true, { isComposing: true }],
    ["one writes on a screen", false, {}],
  ])("makes a new line on Enter when %s", async (_, fine, more) => {
    pointer(fine);
    const add = vi.spyOn(outbox, "add").mockReturnValue();
    await open();
    await write(find("textarea"), "hello");
    expect(await press(find("textarea"), { key: "Enter", ...more })).toBe(false);
    expect(add).not.toHaveBeenCalled();
  });

  test("counts code points, and sends neither nothing nor too much", async () => {
    await open();
    const button = find<HTMLButtonElement>("button");
    await write(find("textarea"), "   \n ");
    expect(button.disabled).toBe(true);
    await write(find("textarea"), "😀".repeat(20));
    expect(button.disabled).toBe(false);
    expect(find(".counter").textContent).toBe("0 characters left");
    await write(find("textarea"), "😀".repeat(21));
    expect(button.disabled).toBe(true);
    expect(find(".counter").textContent).toContain("1 character too many");
  });

  test("starts with what was written before", async () => {
    localStorage.setItem("handrail.draft.a_me.c_1", "half a thought");
    await open();
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("half a thought");
  });

  test("is closed while the conversation is paused, and says why", async () => {
    await act(() => render(<Composer thread={newThread({ ...VIEW, state: "paused" })} me={ME} name="Alex" />, root));
    expect(root.querySelector("textarea")).toBeNull();
    expect(root.textContent).toBe(en.chat.paused);
  });
});

describe("the open item", () => {
  const mine = { account: "a_sup", name: "Robin" };
  const held = (acts: ActName[], more: Partial<ItemView> = {}) =>
    item("q_1", "medium", 0, { text: "call 😀 07700", state: "claimed", claimed_by: mine, acts, ...more });

  async function show(view: ItemView, live = true): Promise<void> {
    vi.spyOn(staff.live, "value", "get").mockReturnValue(live);
    staff.me.value = { ...ME, id: mine.account, role: "supervisor" };
    staff.queue.value = select(put(emptyQueue, view), view.item);
    await act(() => render(<Item item={view} />, root));
  }
  const submit = () =>
    act(() => void find(".decide").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  const buttons = () => [...root.querySelectorAll<HTMLButtonElement>(".acts button")];

  test("has exactly the acts that the server allows, in one order", async () => {
    await show(held(["escalate", "unclaim", "reject", "release"]));
    expect(buttons().map((button) => button.textContent)).toEqual(["ReleaseR", "RejectX", "EscalateG", "Give backC"]);
  });

  test("lets nobody decide without a live connection, and says so", async () => {
    await show(held(["release", "reject"]), false);
    expect(buttons().every((button) => button.disabled)).toBe(true);
    expect(root.textContent).toContain(enStaff.item.notLive);
  });

  test("names the colleague who has it", async () => {
    await show(held([], { claimed_by: { account: "a_9", name: "Priya" } }));
    expect(root.textContent).toContain(enStaff.item.colleague("Priya"));
  });

  test("marks findings in place, by code points, and explains them in words", async () => {
    const finding = { rule: "contact.phone", category: "contact_phone" as const, severity: "medium" as const, parts: [] };
    const seen = { ...finding, span: [7, 12] as [number, number], excerpt: "07700", why: "It may be a phone number." };
    await show(held(["release"], { findings: [{ ...seen, evasion: ["number_words"] }] }));
    expect(find("mark").firstChild?.textContent).toBe("07700");
    expect(find(".findings").textContent).toContain("It may be a phone number.");
    expect(find(".findings").textContent).toContain(enStaff.item.hiddenBy(enStaff.evasion.number_words));
  });

  test("is rejected with the reason of what was found and words for the sender", async () => {
    const finding = { rule: "c", category: "contact_phone" as const, severity: "medium" as const, parts: [], evasion: [] };
    const view = held(["reject"], { findings: [{ ...finding, span: null, excerpt: "", why: "A number." }] });
    const decide = vi.spyOn(staff.link, "request").mockResolvedValue(null);
    await show(view);
    await act(() => void (form.value = "reject"));
    expect(find<HTMLInputElement>("input:checked").value).toBe("contact_details");
    await submit();
    const note = enStaff.template.contact_details;
    const decision = { kind: "reject", reason: "contact_details", note };
    expect(decide).toHaveBeenCalledWith({ op: "decide", item: "q_1", version: 1, decision });
  });

  test("is not delivered as an edit that changes nothing", async () => {
    const decide = vi.spyOn(staff.link, "request").mockResolvedValue(null);
    await show(held(["alter"]));
    await act(() => void (form.value = "alter"));
    await submit();
    expect(decide).not.toHaveBeenCalled();
    expect(find("[role=alert]").textContent).toContain(enStaff.decide.needChange);
  });
});

describe("waiting", () => {
  test("is told in words, with the target", () => {
    const view = item("q_1", "medium", 0);
    const after = (minutes: number) => Date.parse(view.held_at) + minutes * 60_000;
    expect(waitWords(view, after(2))).toBe("Waiting 2 minutes, target 5 minutes, 3 minutes left");
    expect(waitWords(view, after(7))).toBe("Waiting 7 minutes, target 5 minutes, late by 2 minutes");
  });
});

describe("single keys", () => {
  const key = (init: KeyboardEventInit, target: Element = document.body) => {
    const event = new KeyboardEvent("keydown", init);
    Object.defineProperty(event, "target", { value: target });
    return keyOf(event);
  };

  test("are silent with a modifier, in a field, and when they are switched off", () => {
    expect(key({ key: "r" })).toBe("R");
    expect(key({ key: "r", ctrlKey: true })).toBeNull();
    expect(key({ key: "r" }, document.createElement("textarea"))).toBeNull();
    switchKeys(false);
    expect(key({ key: "r" })).toBeNull();
    switchKeys(true);
  });
});
