// Reads a frame from the socket. Unknown ops and events become nothing, as the protocol asks of clients, so that the switches behind
// this door may be closed. It trusts the server for the shape of the ops it knows.

import type { FromServer } from "./generated";

type Op = FromServer["op"];
type EventType = Extract<FromServer, { op: "event" }>["type"];

// Records and not arrays: the compiler then says when one is missing.
const OPS: Record<Op, true> = {
  welcome: true,
  event: true,
  live: true,
  presence: true,
  typing: true,
  read: true,
  ok: true,
  err: true,
  ping: true,
  pong: true,
  bye: true,
};
const EVENTS: Record<EventType, true> = { message: true, status: true, help: true, conversation: true, item: true, report: true };
const knownOps = new Set(Object.keys(OPS));
const knownEvents = new Set(Object.keys(EVENTS));

/** What the server may say beyond this client's knowledge: an event that only moves the feed on. */
export interface UnknownEvent {
  op: "event";
  type: "unknown";
  queue?: string;
  offset: number;
  mark?: string;
}

export type Frame = FromServer | UnknownEvent;

export function readFrame(data: unknown): Frame | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value["op"] !== "string" || !knownOps.has(value["op"])) return null;
  if (value["op"] !== "event") return value as FromServer;
  if (typeof value["offset"] !== "number") return null;
  if (typeof value["type"] === "string" && knownEvents.has(value["type"])) return value as FromServer;
  // Its offset still counts: dropping it whole would look like a gap.
  return { ...value, op: "event", type: "unknown", offset: value["offset"] } as UnknownEvent;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
