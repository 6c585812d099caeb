// What changed between two texts, in words: struck and underlined, and said in hidden words as well.

import { diff } from "../core/diff";

export function Diff({ before, after }: { before: string; after: string }) {
  return (
    <p class="diff" dir="auto">
      {diff(before, after).map((piece, at) => {
        if (piece.kind === "same") return <span key={at}>{piece.text}</span>;
        const Tag = piece.kind === "added" ? "ins" : "del";
        return (
          <Tag key={at}>
            <span class="sr">{piece.kind === "added" ? " (added) " : " (removed) "}</span>
            {piece.text}
            <span class="sr"> (end) </span>
          </Tag>
        );
      })}
    </p>
  );
}
