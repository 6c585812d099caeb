// Help that needs nobody on duty: always one press away, and open at once when a message speaks of a crisis.

import { useEffect, useRef } from "preact/hooks";
import { en } from "../text/en";
import type { HelpArticle } from "../wire/generated";
import { Icon } from "./Icon";

export function HelpNow() {
  return (
    <details class="help-now">
      <summary>
        <Icon name="heart" />
        {en.help.now}
      </summary>
      <div class="help-body">
        <p>{en.help.intro}</p>
        <ul class="lines">
          {en.help.lines.map((line) => (
            <li key={line.href}>
              <span>{line.who}</span>
              <a class="call" href={line.href}>
                {line.what}
              </a>
            </li>
          ))}
        </ul>
        <p class="hint">{en.help.note}</p>
      </div>
    </details>
  );
}

export function HelpPanel({ articles, onClose }: { articles: HelpArticle[]; onClose: () => void }) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.scrollIntoView?.({ block: "nearest" }), [articles]);
  if (articles.length === 0) return null;
  const emergency = articles.some((article) => article.phone === "999");
  return (
    <section class="help-panel" aria-labelledby="help-panel" ref={panel}>
      <h2 id="help-panel">
        <Icon name="heart" />
        {en.help.panel}
      </h2>
      <p>{en.help.intro}</p>
      <ul class="lines">
        {articles.map((article) => (
          <li key={article.id}>
            <span>
              <strong>{article.title}</strong>
              {article.text && <span class="hint">{article.text}</span>}
            </span>
            {article.phone && (
              <a class="call" href={`tel:${article.phone.replace(/[^\d+]/g, "")}`}>
                {en.help.call(article.phone)}
              </a>
            )}
          </li>
        ))}
        {!emergency && (
          <li>
            <span>{en.help.emergency}</span>
            <a class="call" href="tel:999">
              {en.help.call("999")}
            </a>
          </li>
        )}
      </ul>
      <button class="button" type="button" onClick={onClose}>
        {en.close}
      </button>
    </section>
  );
}
