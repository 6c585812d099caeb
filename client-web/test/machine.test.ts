// The live link, played frame by frame without a socket.

import { describe, expect, test } from "vitest";
import * as m from "../src/link/machine";
import type { Command, Input, Link } from "../src/link/machine";
import type { Frame } from "../src/wire/read";

const RANDOM = 0.5;

/** Plays inputs at one moment and gives the link with all its commands. */
function play(link: Link, inputs: Input[], now = 0): { link: Link; commands: Command[] } {
  const commands: Command[] = [];
  for (const input of inputs) {
    const [next, more] = m.step(link, input, now, RANDOM);
    link = next;
    commands.push(...more);
  }
  return { link, commands };
}

const frame = (said: object): Input => ({ kind: "frame", frame: said as Frame });
const event = (offset: number, mark = `m${offset}`): Input =>
  frame({ op: "event", type: "help", message: "m", articles: [], offset, mark });

function welcome(resume: "live" | "replay" | "reset" = "live", head = 10): Input {
  return frame({ op: "welcome", id: 1, epoch: "e1", head, mark: `m${head}`, resume, conversations: [] });
}

const kinds = (commands: Command[]) => commands.map((command) => command.kind);
const sent = (commands: Command[]) => commands.flatMap((command) => (command.kind === "send" ? [command.frame] : []));

function opened(resume: "live" | "replay" | "reset" = "live", cursor: Link["cursor"] = null, now = 0): Link {
  return play(m.newLink(cursor), [{ kind: "start" }, { kind: "opened" }, welcome(resume)], now).link;
}

describe("opening", () => {
  test("the first hello has no cursor, and the welcome gives one", () => {
    const { link, commands } = play(m.newLink(null), [{ kind: "start" }, { kind: "opened" }, welcome()]);
    expect(sent(commands)).toEqual([{ op: "hello", id: 1 }]);
    expect(link).toMatchObject({ phase: "open", live: true, cursor: { epoch: "e1", offset: 10, mark: "m10" } });
  });

  test("a kept cursor is offered", () => {
    const cursor = { epoch: "e1", offset: 7, mark: "m7" };
    const { commands } = play(m.newLink(cursor), [{ kind: "start" }, { kind: "opened" }]);
    expect(sent(commands)).toEqual([{ op: "hello", id: 1, resume: cursor }]);
  });

  test("a replay goes on from the cursor and is live after `live`", () => {
    const link = opened("replay", { epoch: "e1", offset: 8, mark: "m8" });
    expect(link.live).toBe(false);
    const played = play(link, [event(9), event(10), frame({ op: "live", head: 10, mark: "m10" })]);
    expect(played.link).toMatchObject({ live: true, cursor: { offset: 10 } });
    expect(kinds(played.commands)).toEqual(["hear", "hear", "hear"]);
  });

  test("a reset takes the head as its new cursor", () => {
    const link = opened("reset", { epoch: "old", offset: 99, mark: "x" });
    expect(link).toMatchObject({ live: true, cursor: { epoch: "e1", offset: 10 } });
  });

  test("a handshake that never ends is tried again, and the session is asked about", () => {
    const { link } = play(m.newLink(null), [{ kind: "start" }]);
    const late = play(link, [{ kind: "tick" }], m.CONNECT_MS);
    expect(late.link.phase).toBe("waiting");
    expect(kinds(late.commands)).toEqual(["disconnect", "check_session"]);
  });
});

describe("the feed", () => {
  test("an event that was heard is not heard again", () => {
    const { link, commands } = play(opened(), [event(11), event(11), event(5)]);
    expect(kinds(commands)).toEqual(["hear"]);
    expect(link.cursor).toEqual({ epoch: "e1", offset: 11, mark: "m11" });
  });

  test("a gap drops the connection and resumes from before it", () => {
    const { link, commands } = play(opened(), [event(12)]);
    expect(link).toMatchObject({ phase: "waiting", live: false, cursor: { offset: 10 } });
    expect(kinds(commands)).toEqual(["disconnect"]);
  });

  test("events of a queue have offsets of their own", () => {
    const { link, commands } = play(opened(), [frame({ op: "event", queue: "s1", offset: 99, type: "item", item: {} })]);
    expect(kinds(commands)).toEqual(["hear"]);
    expect(link.cursor?.offset).toBe(10);
  });

  test("the 32nd event is acknowledged, and fewer after five seconds", () => {
    const many = Array.from({ length: m.ACK_EVENTS }, (_, n) => event(11 + n));
    expect(sent(play(opened(), many).commands)).toEqual([{ op: "ack", offset: 42 }]);
    const few = play(opened(), [event(11)]).link;
    expect(sent(play(few, [{ kind: "tick" }], m.ACK_MS).commands)).toEqual([{ op: "ack", offset: 11 }]);
  });
});

describe("heartbeat", () => {
  const ping = (head: number): Input => frame({ op: "ping", head, mark: "x", queues: {} });

  test("a ping is answered", () => {
    expect(sent(play(opened(), [ping(10)]).commands)).toEqual([{ op: "pong" }]);
  });

  test("a head that we do not reach in time shows a quiet loss", () => {
    const { link } = play(opened(), [ping(11)]);
    expect(m.deadline(link)).toBe(m.HEAD_GRACE_MS);
    expect(play(link, [{ kind: "tick" }], m.HEAD_GRACE_MS).link.phase).toBe("waiting");
    const reached = play(link, [event(11)], 1).link;
    expect(play(reached, [{ kind: "tick" }], m.HEAD_GRACE_MS).link.phase).toBe("open");
  });

  test("35 seconds of silence are the end of a connection", () => {
    const { link } = play(opened(), [{ kind: "tick" }], m.SILENCE_MS);
    expect(link).toMatchObject({ phase: "waiting", due: m.SILENCE_MS });
  });

  test("a page shown again asks whether the server is there", () => {
    const { link, commands } = play(opened(), [{ kind: "wake" }]);
    expect(sent(commands)).toEqual([{ op: "ping" }]);
    expect(play(link, [{ kind: "tick" }], m.PROBE_MS).link.phase).toBe("waiting");
    const heard = play(link, [frame({ op: "pong" })], 1).link;
    expect(play(heard, [{ kind: "tick" }], m.PROBE_MS).link.phase).toBe("open");
  });
});

describe("closing", () => {
  const closed = (code: number): Input => ({ kind: "closed", code });

  test.each([
    [4000, "refused"],
    [4001, "refused"],
    [4002, "suspended"],
    [4003, "version"],
    [4004, "signed_out"],
    [4201, "sign_in"],
  ])("after %i it stops and says so: %s", (code, stop) => {
    const { link } = play(opened(), [closed(code)]);
    expect(link).toMatchObject({ phase: "stopped", stop });
    expect(m.deadline(link)).toBeNull();
  });

  test("a drained server says when to come back", () => {
    const bye = frame({ op: "bye", code: 1012, reason: "drain", reconnect_after_ms: 8421 });
    expect(play(opened(), [bye, closed(1012)], 1000).link).toMatchObject({ phase: "waiting", due: 9421 });
  });

  test("a full server is left alone for five seconds at least", () => {
    expect(play(opened(), [closed(1013)], 1000).link.due).toBeGreaterThanOrEqual(6000);
  });

  test("resync after a good while is at once", () => {
    expect(play(opened(), [closed(4200)], m.STEADY_MS).link.due).toBe(m.STEADY_MS);
  });

  test("each failed try waits longer, and a good connection starts anew", () => {
    let link = play(m.newLink(null), [{ kind: "start" }]).link;
    const waits: number[] = [];
    for (let now = 0; waits.length < 8; now = link.due) {
      link = play(link, [{ kind: "tick" }, closed(1006)], now).link;
      waits.push(link.due - now);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    const good = play(link, [{ kind: "tick" }, { kind: "opened" }, welcome()], link.due).link;
    const later = link.due + m.STEADY_MS;
    expect(play(good, [closed(1006)], later).link.due).toBe(later);
  });

  test("being online or seen again ends the wait", () => {
    const { link } = play(opened(), [closed(1006)]);
    expect(kinds(play(link, [{ kind: "wake" }]).commands)).toEqual(["connect"]);
  });

  test("what has stopped starts only when a person asks", () => {
    const { link } = play(opened(), [closed(4004)]);
    expect(kinds(play(link, [{ kind: "wake" }, { kind: "tick" }], 1e6).commands)).toEqual([]);
    expect(kinds(play(link, [{ kind: "start" }]).commands)).toEqual(["connect"]);
  });
});
