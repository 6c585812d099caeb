// The live link as a pure machine: (link, input, now, random) => [link, commands]. It knows the feed's cursor, heartbeats, gaps, close
// codes and back-off. It never touches a socket or a clock; link.ts carries its commands out.

import type { FromClient, Resume } from "../wire/generated";
import type { Frame } from "../wire/read";
import { backoff } from "./backoff";

/** No word for so long, though the server pings every 25 s: the connection is dead. */
export const SILENCE_MS = 35_000;
/** From connect to welcome. */
export const CONNECT_MS = 10_000;
/** An answer to our own ping, after the page was shown again. */
export const PROBE_MS = 8_000;
/** A head ahead of our cursor may still be on its way for so long. */
export const HEAD_GRACE_MS = 3_000;
/** A connection that lived so long was a good one: back-off starts anew. */
export const STEADY_MS = 10_000;
export const ACK_EVENTS = 32;
export const ACK_MS = 5_000;
const FULL_MS = 5_000;
const HELLO_ID = 1;

export type Phase = "idle" | "connecting" | "open" | "waiting" | "stopped";
export type Stop = "sign_in" | "signed_out" | "suspended" | "version" | "refused";

export interface Link {
  phase: Phase;
  /** Welcomed, and the replay is over. */
  live: boolean;
  stop: Stop | null;
  cursor: Resume | null;
  tries: number;
  /** When the phase began. */
  since: number;
  /** When waiting ends. */
  due: number;
  heardAt: number;
  /** Dead if nothing is heard by then. */
  probeBy: number | null;
  /** A head that we have not reached, and by when we must. */
  behind: { head: number; by: number } | null;
  unacked: number;
  ackBy: number | null;
  /** The delay that `bye` asked for. */
  byeMs: number | null;
}

export type Input =
  | { kind: "start" }
  | { kind: "stop"; why: Stop }
  | { kind: "opened" }
  | { kind: "frame"; frame: Frame }
  | { kind: "closed"; code: number }
  | { kind: "wake" }
  | { kind: "tick" };

export type Command =
  | { kind: "connect" }
  | { kind: "disconnect" }
  | { kind: "send"; frame: FromClient }
  | { kind: "hear"; frame: Frame }
  | { kind: "check_session" };

type Step = [Link, Command[]];

export function newLink(cursor: Resume | null): Link {
  return {
    phase: "idle",
    live: false,
    stop: null,
    cursor,
    tries: 0,
    since: 0,
    due: 0,
    heardAt: 0,
    probeBy: null,
    behind: null,
    unacked: 0,
    ackBy: null,
    byeMs: null,
  };
}

export function step(link: Link, input: Input, now: number, random: number): Step {
  switch (input.kind) {
    case "start":
      return link.phase === "connecting" || link.phase === "open" ? [link, []] : connect({ ...link, tries: 0 }, now);
    case "stop":
      return [{ ...link, phase: "stopped", live: false, stop: input.why }, [{ kind: "disconnect" }]];
    case "opened":
      return [{ ...link, heardAt: now }, [{ kind: "send", frame: hello(link.cursor) }]];
    case "frame":
      return frame({ ...link, heardAt: now, probeBy: null }, input.frame, now, random);
    case "closed":
      return closed(link, input.code, now, random);
    case "wake":
      return wake(link, now);
    case "tick":
      return tick(link, now, random);
  }
}

/** When the machine wants its next tick. */
export function deadline(link: Link): number | null {
  switch (link.phase) {
    case "idle":
    case "stopped":
      return null;
    case "connecting":
      return link.since + CONNECT_MS;
    case "waiting":
      return link.due;
    case "open":
      return Math.min(
        link.heardAt + SILENCE_MS,
        link.probeBy ?? Infinity,
        link.behind?.by ?? Infinity,
        link.ackBy ?? Infinity,
      );
  }
}

function hello(cursor: Resume | null): FromClient {
  return cursor ? { op: "hello", id: HELLO_ID, resume: cursor } : { op: "hello", id: HELLO_ID };
}

function connect(link: Link, now: number): Step {
  const fresh = { live: false, stop: null, probeBy: null, behind: null, unacked: 0, ackBy: null, byeMs: null };
  return [{ ...link, ...fresh, phase: "connecting", since: now }, [{ kind: "connect" }]];
}

/** Drops the connection and comes back with the cursor: at once if this one was good, else after a while. */
function reconnect(link: Link, now: number, random: number): Step {
  const steady = link.phase === "open" && now - link.since >= STEADY_MS;
  const tries = steady ? 0 : link.tries;
  const due = steady ? now : now + backoff(tries, random);
  return [{ ...link, phase: "waiting", live: false, tries: tries + 1, due }, [{ kind: "disconnect" }]];
}

function frame(link: Link, said: Frame, now: number, random: number): Step {
  const hear: Command = { kind: "hear", frame: said };
  switch (said.op) {
    case "welcome": {
      const at = { epoch: said.epoch, offset: said.head, mark: said.mark };
      const replay = said.resume === "replay";
      const cursor = replay ? link.cursor : at;
      return [{ ...link, phase: "open", since: now, live: !replay, cursor }, [hear]];
    }
    case "event":
      return said.queue === undefined ? event(link, said, hear, now, random) : [link, [hear]];
    case "live":
      if (link.cursor && link.cursor.offset < said.head) return reconnect(link, now, random);
      return [{ ...link, live: true }, [hear]];
    case "ping": {
      const short = link.live && link.cursor !== null && said.head > link.cursor.offset;
      const behind = short ? (link.behind ?? { head: said.head, by: now + HEAD_GRACE_MS }) : null;
      return [{ ...link, behind }, [{ kind: "send", frame: { op: "pong" } }, hear]];
    }
    case "bye":
      return [{ ...link, byeMs: said.reconnect_after_ms }, [hear]];
    case "pong":
      return [link, []];
    case "presence":
    case "typing":
    case "read":
    case "ok":
    case "err":
      return [link, [hear]];
  }
}

function event(
  link: Link,
  said: Extract<Frame, { op: "event" }>,
  hear: Command,
  now: number,
  random: number,
): Step {
  const cursor = link.cursor;
  if (!cursor || said.offset <= cursor.offset) return [link, []];
  if (said.offset !== cursor.offset + 1) return reconnect(link, now, random);
  const moved = { ...cursor, offset: said.offset, mark: said.mark ?? cursor.mark };
  const behind = link.behind && link.behind.head > said.offset ? link.behind : null;
  const unacked = link.unacked + 1;
  const next = { ...link, cursor: moved, behind, unacked, ackBy: link.ackBy ?? now + ACK_MS };
  if (unacked < ACK_EVENTS) return [next, [hear]];
  const [acked, commands] = ack(next);
  return [acked, [hear, ...commands]];
}

function ack(link: Link): Step {
  if (!link.cursor) return [link, []];
  const said: FromClient = { op: "ack", offset: link.cursor.offset };
  return [{ ...link, unacked: 0, ackBy: null }, [{ kind: "send", frame: said }]];
}

function closed(link: Link, code: number, now: number, random: number): Step {
  const stop = stopOf(code);
  if (stop) return [{ ...link, phase: "stopped", live: false, stop }, []];
  // A refused handshake looks like any lost network to a page, so somebody has to ask why.
  const ask: Command[] = link.phase === "connecting" ? [{ kind: "check_session" }] : [];
  const [next, commands] = reconnect(link, now, random);
  const due = delayOf(code, next.due, link.byeMs, now);
  return [{ ...next, due }, [...commands, ...ask]];
}

function delayOf(code: number, due: number, byeMs: number | null, now: number): number {
  if (code === 1012 && byeMs !== null) return now + byeMs;
  if (code === 1013) return Math.max(due, now + FULL_MS);
  return due;
}

function stopOf(code: number): Stop | null {
  switch (code) {
    case 4000:
    case 4001:
      return "refused";
    case 4002:
      return "suspended";
    case 4003:
      return "version";
    case 4004:
      return "signed_out";
    case 4201:
      return "sign_in";
    default:
      return null;
  }
}

function wake(link: Link, now: number): Step {
  switch (link.phase) {
    case "waiting":
      return connect(link, now);
    case "open":
      // After a sleep the socket may be dead and not know it.
      return [{ ...link, probeBy: now + PROBE_MS }, [{ kind: "send", frame: { op: "ping" } }]];
    case "idle":
    case "connecting":
    case "stopped":
      return [link, []];
  }
}

function tick(link: Link, now: number, random: number): Step {
  const due = deadline(link);
  if (due === null || now < due) return [link, []];
  switch (link.phase) {
    case "waiting":
      return connect(link, now);
    case "connecting": {
      const [next, commands] = reconnect(link, now, random);
      return [next, [...commands, { kind: "check_session" }]];
    }
    case "open": {
      const dead = [link.heardAt + SILENCE_MS, link.probeBy, link.behind?.by].some((by) => by !== null && by !== undefined && by <= now);
      return dead ? reconnect(link, now, random) : ack(link);
    }
    case "idle":
    case "stopped":
      return [link, []];
  }
}
