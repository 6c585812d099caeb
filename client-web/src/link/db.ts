// The one IndexedDB database of the client: rows of the outbox, and on one's own phone the last messages and saved articles. A browser without it keeps the
// rows in memory, and they live as long as the page.

export interface Row {
  /** The client's own id: the same on every try, so that a message is said once. */
  cid: string;
  account: string;
  conversation: string;
  text: string;
  /** When it was written, by this device's clock. */
  at: string;
  /** Rises in the order of writing. */
  order: number;
  /** Why the server will not have it, in words. Such a row waits for its writer. */
  problem: string | null;
}

const NAME = "handrail";
const VERSION = 3;
const OUTBOX = "outbox";
const LAST = "last";
const SAVED = "saved";

export interface Rows {
  all(): Promise<Row[]>;
  put(row: Row): Promise<void>;
  remove(cid: string): Promise<void>;
}

/** What was last on the screen, for reading without a network: one value, whose reader checks what it is. */
export interface Last {
  get(): Promise<unknown>;
  put(value: unknown): Promise<void>;
  clear(): Promise<void>;
}

/** Things that somebody wants to keep on their own phone, by id. */
export interface Shelves<T extends { id: string }> {
  all(): Promise<T[]>;
  put(thing: T): Promise<void>;
  remove(id: string): Promise<void>;
  clear(): Promise<void>;
}

export async function openShelves<T extends { id: string }>(factory: IDBFactory | undefined): Promise<Shelves<T> | null> {
  const db = await opened(factory);
  if (!db) return null;
  const act = acts(db, SAVED);
  return {
    all: () => act<T[]>("readonly", (store) => store.getAll()),
    put: async (thing) => void (await act("readwrite", (store) => store.put(thing))),
    remove: async (id) => void (await act("readwrite", (store) => store.delete(id))),
    clear: async () => void (await act("readwrite", (store) => store.clear())),
  };
}

export async function openRows(factory: IDBFactory | undefined): Promise<Rows> {
  const db = await opened(factory);
  return db ? durable(db) : volatile();
}

export async function openLast(factory: IDBFactory | undefined): Promise<Last | null> {
  const db = await opened(factory);
  if (!db) return null;
  const act = acts(db, LAST);
  return {
    get: () => act<unknown>("readonly", (store) => store.get(LAST)),
    put: async (value) => void (await act("readwrite", (store) => store.put(value, LAST))),
    clear: async () => void (await act("readwrite", (store) => store.clear())),
  };
}

async function opened(factory: IDBFactory | undefined): Promise<IDBDatabase | null> {
  try {
    if (factory) return await open(factory);
  } catch {
    // Private windows of some browsers refuse: the message is still sent, it only does not outlive the page.
  }
  return null;
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = factory.open(NAME, VERSION);
    opening.onupgradeneeded = (event) => {
      if (event.oldVersion < 1) opening.result.createObjectStore(OUTBOX, { keyPath: "cid" });
      if (event.oldVersion < 2) opening.result.createObjectStore(LAST);
      opening.result.createObjectStore(SAVED, { keyPath: "id" });
    };
    opening.onsuccess = () => {
      // Signing out in another tab deletes the database; holding on would block it.
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
    opening.onerror = () => reject(opening.error ?? new Error("IndexedDB does not open"));
  });
}

function acts(db: IDBDatabase, name: string) {
  return <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const transaction = db.transaction(name, mode);
      const asked = ask(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB refused"));
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB gave up"));
    });
}

function durable(db: IDBDatabase): Rows {
  const act = acts(db, OUTBOX);
  return {
    all: () => act<Row[]>("readonly", (store) => store.getAll()),
    put: async (row) => void (await act("readwrite", (store) => store.put(row))),
    remove: async (cid) => void (await act("readwrite", (store) => store.delete(cid))),
  };
}

function volatile(): Rows {
  const rows = new Map<string, Row>();
  return {
    all: async () => [...rows.values()],
    put: async (row) => void rows.set(row.cid, row),
    remove: async (cid) => void rows.delete(cid),
  };
}
