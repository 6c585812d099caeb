// What changed between two texts, word by word. Works on words with the space after them, so that joining all kept and added pieces gives
// the new text exactly, and all kept and removed ones the old.

export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Beyond this many table cells the texts count as wholly different: 2,000 characters of one-letter words must not freeze a phone. */
const CELLS_MAX = 1_000_000;

export function diff(before: string, after: string): Piece[] {
  const a = words(before);
  const b = words(after);
  const head = shared(a, b);
  const tail = shared(a.slice(head).reverse(), b.slice(head).reverse());
  const same = (kept: string[]): Piece[] => kept.map((text) => ({ kind: "same", text }));
  const middle = changed(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return joined([...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]);
}

/** How many words two texts have in common from their start. */
function shared(a: string[], b: string[]): number {
  const at = a.findIndex((word, n) => word !== b[n]);
  return at < 0 ? a.length : at;
}

function changed(a: string[], b: string[]): Piece[] {
  if (a.length * b.length > CELLS_MAX) return [removed(a.join("")), added(b.join(""))];
  const common = table(a, b);
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const [old, fresh] = [a[i] ?? "", b[j] ?? ""];
    if (old === fresh) {
      pieces.push({ kind: "same", text: old });
      i++;
      j++;
    } else if (cell(common, i + 1, j) >= cell(common, i, j + 1)) {
      pieces.push(removed(old));
      i++;
    } else {
      pieces.push(added(fresh));
      j++;
    }
  }
  for (; i < a.length; i++) pieces.push(removed(a[i] ?? ""));
  for (; j < b.length; j++) pieces.push(added(b[j] ?? ""));
  return pieces;
}

function words(text: string): string[] {
  return text.match(/\s+|[^\s]+/g) ?? [];
}

/** `table[i][j]` is the length of the longest run of words that `a[i..]` and `b[j..]` share in order. */
function table(a: string[], b: string[]): Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (!row) continue;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? cell(rows, i + 1, j + 1) + 1 : Math.max(cell(rows, i + 1, j), cell(rows, i, j + 1));
    }
  }
  return rows;
}

function cell(rows: Uint16Array[], i: number, j: number): number {
  return rows[i]?.[j] ?? 0;
}

const removed = (text: string): Piece => ({ kind: "removed", text });
const added = (text: string): Piece => ({ kind: "added", text });

/** Neighbours of one kind as one piece; between two changes, a lone space belongs to both, so that it reads as one change. */
function joined(pieces: Piece[]): Piece[] {
  const runs: Piece[] = [];
  let gone = "";
  let come = "";
  const settle = () => {
    if (gone) runs.push(removed(gone));
    if (come) runs.push(added(come));
    gone = come = "";
  };
  pieces.forEach((piece, at) => {
    const between = piece.kind === "same" && /^\s+$/.test(piece.text) && (gone || come) && changes(pieces[at + 1]);
    if (piece.kind === "removed" || between) gone += piece.text;
    if (piece.kind === "added" || between) come += piece.text;
    if (piece.kind !== "same" || between) return;
    settle();
    const last = runs.at(-1);
    if (last?.kind === "same") last.text += piece.text;
    else runs.push({ ...piece });
  });
  settle();
  return runs.filter((run) => run.text !== "");
}

function changes(piece: Piece | undefined): boolean {
  return piece !== undefined && piece.kind !== "same";
}
