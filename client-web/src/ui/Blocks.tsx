// An article as it is read. Its parts come from the server; nothing in them is ever taken for markup.

import type { ArticlePart, Block } from "../wire/generated";

export function Blocks({ blocks }: { blocks: Block[] }) {
  return (
    <>
      {blocks.map((block, at) => (
        <Piece key={at} block={block} />
      ))}
    </>
  );
}

function Piece({ block }: { block: Block }) {
  if (block.kind === "heading") return <h3>{block.text}</h3>;
  if (block.kind === "text") {
    return (
      <p>
        <Parts parts={block.parts} />
      </p>
    );
  }
  return (
    <ul>
      {block.items.map((parts, at) => (
        <li key={at}>
          <Parts parts={parts} />
        </li>
      ))}
    </ul>
  );
}

function Parts({ parts }: { parts: ArticlePart[] }) {
  return (
    <>
      {parts.map(({ text, link }, at) =>
        link ? (
          <Away key={at} to={link}>
            {text}
          </Away>
        ) : (
          text
        ),
      )}
    </>
  );
}

/** A page opens beside the messenger, and is not told where one came from. */
export function Away({ to, children }: { to: string; children: string }) {
  const away = to.startsWith("https:") ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return (
    <a href={to.startsWith("tel:") ? to.replace(/[^\d+:a-z]/g, "") : to} {...away}>
      {children}
    </a>
  );
}

/** The words of an article, part by part, for a voice. */
export function spoken(title: string, blocks: Block[]): string[] {
  const words = (parts: ArticlePart[]) => parts.map((part) => part.text).join("");
  const all = blocks.flatMap((block) => (block.kind === "heading" ? [block.text] : block.kind === "text" ? [words(block.parts)] : block.items.map(words)));
  return [title, ...all];
}
