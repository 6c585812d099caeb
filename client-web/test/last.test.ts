import "fake-indexeddb/auto";
import { expect, test, vi } from "vitest";
import { begun, LAST_MAX, worthKeeping } from "../src/app/last";
import { newThread, nothing, type Messenger } from "../src/state/messenger";
import type { ConversationView, Me, MessageView } from "../src/wire/generated";

const me = { id: "a_me", name: "Sam", role: "mentee", site: "s_1" } as unknown as Me;
const view = { id: "c_1", last_seq: 60, read_seq: 60, pending: [{ message: "m_held" }], parties: [], state: "open" } as unknown as ConversationView;
const said = (seq: number) => ({ message: `m_${seq}`, conversation: "c_1", seq, from: "a_me", text: `word ${seq}` }) as unknown as MessageView;

function talked(): Messenger {
  const messages = Array.from({ length: 60 }, (_, at) => said(at + 1));
  return { ...nothing, me, threads: { c_1: { ...newThread(view), messages, loaded: true } } };
}

test("the last fifty of a conversation are worth keeping, and nothing that is still checked", () => {
  const kept = worthKeeping(talked());
  expect(kept?.threads[0]?.messages.map((one) => one.seq)).toEqual(Array.from({ length: LAST_MAX }, (_, at) => at + 11));
  expect(kept?.threads[0]?.view.pending).toEqual([]);
  expect(worthKeeping(nothing)).toBeNull();
});

test("what was kept is shown until the newest page is read, which is still asked for", () => {
  const kept = worthKeeping(talked());
  if (!kept) throw new Error("nothing kept");
  const again = begun(nothing, kept);
  expect(again.me?.name).toBe("Sam");
  expect(again.threads["c_1"]?.messages).toHaveLength(LAST_MAX);
  expect(again.threads["c_1"]?.loaded).toBe(false);
});

test("what the server has said meanwhile stays, and another person's words are not shown", () => {
  const kept = worthKeeping(talked());
  if (!kept) throw new Error("nothing kept");
  const newer = { ...newThread(view), messages: [said(61)], loaded: true };
  expect(begun({ ...nothing, me, threads: { c_1: newer } }, kept).threads["c_1"]).toBe(newer);
  expect(begun({ ...nothing, me, threads: { c_1: newThread(view) } }, kept).threads["c_1"]?.messages).toHaveLength(LAST_MAX);
  const other = { ...nothing, me: { ...me, id: "a_other" }, threads: {} };
  expect(begun(other, kept)).toBe(other);
});

test("a device that is not one's own keeps nothing, and forgets what it had when it stops being that", async () => {
  const { signal } = await import("@preact/signals");
  const { setOwn } = await import("../src/app/device");
  const { keepLast, lastSeen } = await import("../src/app/last");
  const state = signal(talked());
  setOwn(true);
  keepLast(state);
  await vi.waitFor(async () => expect((await lastSeen())?.me.name).toBe("Sam"));
  setOwn(false);
  expect(await lastSeen()).toBeNull();
  await vi.waitFor(async () => {
    const { openLast } = await import("../src/link/db");
    expect(await (await openLast(indexedDB))?.get()).toBeUndefined();
  });
});
