// The one IndexedDB store of the client: rows of the outbox. A browser without it keeps them in memory, and they live as long as the page.

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
const STORE = "outbox";

export interface Rows {
  all(): Promise<Row[]>;
  put(row: Row): Promise<void>;
  remove(cid: string): Promise<void>;
}

export async function openRows(factory: IDBFactory | undefined): Promise<Rows> {
  try {
    if (factory) return durable(await open(factory));
  } catch {
    // Private windows of some browsers refuse: the message is still sent, it only does not outlive the page.
  }
  return volatile();
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = factory.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "cid" });
    opening.onsuccess = () => {
      // Signing out in another tab deletes the database; holding on would block it.
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
    opening.onerror = () => reject(opening.error ?? new Error("IndexedDB does not open"));
  });
}

function durable(db: IDBDatabase): Rows {
  const act = <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, mode);
      const asked = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB refused"));
      transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB gave up"));
    });
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
