// The live link: carries out what machine.ts decides, on a real WebSocket. One per page. It keeps the cursor for the next page load, and
// gives each request its answer. It never reads what an event means.

import { signal, type ReadonlySignal } from "@preact/signals";
import { signedIn } from "../app/api";
import type { FromClient, FromServer, Resume } from "../wire/generated";
import { readFrame, type Frame } from "../wire/read";
import { deadline, newLink, step, type Command, type Input, type Link, type Stop } from "./machine";

const SUBPROTOCOL = "handrail.v1.json";
const CURSOR_KEY = "handrail.cursor";
/** A request without an answer for so long is given up; its `cid` or `version` makes saying it again safe. */
const ANSWER_MS = 15_000;

export type Answer = Extract<FromServer, { op: "ok" } | { op: "err" }>;
type Asked = Extract<FromClient, { id: number }>;
/** A request without its number, which the link gives. */
export type Request = Asked extends infer A ? (A extends Asked ? Omit<A, "id"> : never) : never;
export type Told = Exclude<FromClient, Asked>;

interface Waiter {
  answer: (answer: Answer | null) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class LiveLink {
  readonly state: ReadonlySignal<Link>;
  readonly #state;
  readonly #hear: (frame: Frame) => void;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiters = new Map<number, Waiter>();
  #lastId = 1;

  constructor(hear: (frame: Frame) => void) {
    this.#state = signal(newLink(savedCursor()));
    this.state = this.#state;
    this.#hear = hear;
  }

  start(): void {
    const wake = () => this.#input({ kind: "wake" });
    addEventListener("online", wake);
    addEventListener("pageshow", (event) => event.persisted && wake());
    document.addEventListener("resume", wake);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) wake();
      this.tell({ op: "away", on: document.hidden });
    });
    this.#input({ kind: "start" });
  }

  /** Connects again after the link has stopped, because a person asked for it. */
  restart(): void {
    this.#input({ kind: "start" });
  }

  stop(why: Stop): void {
    this.#input({ kind: "stop", why });
  }

  /** Whether nothing is missed at this moment. */
  get live(): boolean {
    return this.#state.value.live;
  }

  /** Says something that has no answer. Lost when there is no connection. */
  tell(frame: Told): void {
    if (this.#state.value.phase === "open") this.#send(frame);
  }

  /** Asks, and gives the answer, or nothing if the connection went first: then it may or may not have happened. */
  request(request: Request): Promise<Answer | null> {
    if (this.#state.value.phase !== "open") return Promise.resolve(null);
    const id = ++this.#lastId;
    return new Promise((answer) => {
      const timer = setTimeout(() => this.#answer(id, null), ANSWER_MS);
      this.#waiters.set(id, { answer, timer });
      this.#send({ ...request, id } as FromClient);
    });
  }

  #input(input: Input): void {
    const [next, commands] = step(this.#state.value, input, Date.now(), Math.random());
    if (next.cursor !== this.#state.value.cursor) saveCursor(next.cursor);
    this.#state.value = next;
    for (const command of commands) this.#carryOut(command);
    this.#schedule();
  }

  #carryOut(command: Command): void {
    switch (command.kind) {
      case "connect":
        return this.#connect();
      case "disconnect":
        return this.#disconnect();
      case "send":
        return this.#send(command.frame);
      case "hear":
        if (command.frame.op === "welcome" && document.hidden) this.#send({ op: "away", on: true });
        if (command.frame.op === "ok" || command.frame.op === "err") this.#answer(command.frame.id, command.frame);
        return this.#hear(command.frame);
      case "check_session":
        void signedIn().then((yes) => {
          if (!yes) this.#input({ kind: "stop", why: "sign_in" });
        });
    }
  }

  #connect(): void {
    this.#disconnect();
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`, SUBPROTOCOL);
    this.#socket = socket;
    // A socket that was put aside may still speak; only the present one is heard.
    const mine = (input: Input) => this.#socket === socket && this.#input(input);
    socket.onopen = () => mine({ kind: "opened" });
    socket.onmessage = (event) => {
      const frame = readFrame(event.data);
      if (frame) mine({ kind: "frame", frame });
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#forgetWaiters();
      this.#input({ kind: "closed", code: event.code });
    };
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.#forgetWaiters();
  }

  #send(frame: FromClient): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #answer(id: number | undefined, answer: Answer | null): void {
    const waiter = id === undefined ? undefined : this.#waiters.get(id);
    if (id === undefined || !waiter) return;
    this.#waiters.delete(id);
    clearTimeout(waiter.timer);
    waiter.answer(answer);
  }

  #forgetWaiters(): void {
    for (const id of this.#waiters.keys()) this.#answer(id, null);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const at = deadline(this.#state.value);
    if (at !== null) this.#timer = setTimeout(() => this.#input({ kind: "tick" }), Math.max(0, at - Date.now()));
  }
}

/** The cursor holds no words, so it may outlive the tab: what was decided meanwhile is then replayed. */
function savedCursor(): Resume | null {
  try {
    const saved = sessionStorage.getItem(CURSOR_KEY) ?? localStorage.getItem(CURSOR_KEY);
    return saved ? (JSON.parse(saved) as Resume) : null;
  } catch {
    return null;
  }
}

function saveCursor(cursor: Resume | null): void {
  if (!cursor) return;
  try {
    const saved = JSON.stringify(cursor);
    sessionStorage.setItem(CURSOR_KEY, saved);
    localStorage.setItem(CURSOR_KEY, saved);
  } catch {
    // No room or no permission: the next page load starts from the head and reads history.
  }
}
