// Help that needs nobody on duty: always one press away, and open at once when a message speaks of a crisis.

import { useEffect, useRef } from "preact/hooks";
import { showingHow } from "../app/welcome";
import { t } from "../text/words";
import type { HelpArticle } from "../wire/generated";
import { Icon } from "./Icon";

export function HelpNow() {
  return (
    <details class="help-now">
      <summary>
        <Icon name="heart" />
        {t.help.now}
      </summary>
      <div class="help-body">
        <p>{t.help.intro}</p>
        <ul class="lines">
          {t.help.lines.map((line) => (
            <Standing key={line.href} line={line} />
          ))}
        </ul>
        <p class="hint">{t.help.note}</p>
        <button class="button quiet" type="button" onClick={() => (showingHow.value = true)}>
          {t.how.title}
        </button>
      </div>
    </details>
  );
}

export function HelpPanel({ articles, onClose }: { articles: HelpArticle[]; onClose: () => void }) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.scrollIntoView?.({ block: "nearest" }), [articles]);
  if (articles.length === 0) return null;
  // The site's own numbers first; then what holds everywhere, each number once, so that one can call, text or chat.
  const own = new Set(articles.map((article) => digits(article.phone ?? "")));
  const standing = t.help.lines.filter((line) => !line.href.startsWith("tel:") || !own.has(digits(line.href)));
  return (
    <section class="help-panel" aria-labelledby="help-panel" ref={panel}>
      <h2 id="help-panel">
        <Icon name="heart" />
        {t.help.panel}
      </h2>
      <p>{t.help.intro}</p>
      <ul class="lines">
        {articles.map((article) => (
          <li key={article.id}>
            <span>
              <strong>{article.title}</strong>
              {article.text && <span class="hint">{article.text}</span>}
            </span>
            {article.phone && (
              <a class="call" href={`tel:${article.phone.replace(/[^\d+]/g, "")}`}>
                {t.help.call(article.phone)}
              </a>
            )}
          </li>
        ))}
        {standing.map((line) => (
          <Standing key={line.href} line={line} />
        ))}
      </ul>
      <button class="button" type="button" onClick={onClose}>
        {t.close}
      </button>
    </section>
  );
}

function Standing({ line }: { line: (typeof t.help.lines)[number] }) {
  const away = line.href.startsWith("https:") ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return (
    <li>
      <span>{line.who}</span>
      <a class="call" href={line.href} {...away}>
        {line.what}
      </a>
    </li>
  );
}

function digits(phone: string): string {
  return phone.replace(/\D/g, "");
}
