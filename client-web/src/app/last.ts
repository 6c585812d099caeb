// The last messages, kept on one's own phone for reading without a network, and on no other device.

import { effect } from "@preact/signals";
import { openLast } from "../link/db";
import { newThread, type Messenger, type Thread } from "../state/messenger";
import type { ConversationView, Me, MessageView } from "../wire/generated";
import { own } from "./device";

/** So many of each conversation, and so many conversations. */
export const LAST_MAX = 50;
const THREADS_MAX = 20;
/** Written down so long after the last change, in milliseconds: a burst is one write. */
const QUIET_MS = 500;

export interface LastSeen {
  me: Me;
  threads: { view: ConversationView; messages: MessageView[] }[];
}

const store = openLast(globalThis.indexedDB);

/** What of the state is worth keeping. What is still checked is the server's to tell. */
export function worthKeeping({ me, threads }: Messenger): LastSeen | null {
  if (!me) return null;
  const all = Object.values(threads).slice(0, THREADS_MAX);
  const view = (thread: Thread) => ({ ...thread.view, pending: [] });
  return { me, threads: all.map((thread) => ({ view: view(thread), messages: thread.messages.slice(-LAST_MAX) })) };
}

/** The same as a state to begin with: not the newest, so the newest page is still to be read. What is known already stays. */
export function begun(state: Messenger, last: LastSeen): Messenger {
  if (state.me && state.me.id !== last.me.id) return state;
  const threads = { ...state.threads };
  for (const { view, messages } of last.threads) {
    const known = threads[view.id] ?? (state.me ? undefined : newThread(view));
    if (known && known.messages.length === 0) threads[view.id] = { ...known, messages };
  }
  return { ...state, me: last.me, threads };
}

/** What was kept here, if this is still one's own phone. */
export async function lastSeen(): Promise<LastSeen | null> {
  try {
    const found = (await (await store)?.get()) as LastSeen | undefined;
    return own.value && found?.me ? found : null;
  } catch {
    return null;
  }
}

/** Writes down what is seen from now on, for as long as this is one's own phone; once it is not, all of it goes. */
export function keepLast(state: { value: Messenger }): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const seen = own.value ? worthKeeping(state.value) : null;
    const isOwn = own.value;
    clearTimeout(timer);
    timer = setTimeout(() => void write(isOwn, seen), isOwn ? QUIET_MS : 0);
  });
}

export async function forgetLast(): Promise<void> {
  await (await store)?.clear().catch(() => undefined);
}

async function write(isOwn: boolean, seen: LastSeen | null): Promise<void> {
  try {
    if (!isOwn) await forgetLast();
    else if (seen) await (await store)?.put(seen);
  } catch {
    // A full disk keeps an older one.
  }
}
