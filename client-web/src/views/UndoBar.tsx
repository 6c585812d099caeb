// "Released. Undo", for as long as the server lets it be undone, and what the rules saw in a changed text.

import { useEffect } from "preact/hooks";
import { done, live, now, queue, undo } from "../app/staff";
import { t } from "../text/words";
import { enStaff } from "../text/staff";
import { Icon } from "../ui/Icon";

export function UndoBar() {
  const last = done.value;
  const item = last ? queue.value.items[last.item] : undefined;
  const until = item?.effective_at ? Date.parse(item.effective_at) : 0;
  const left = Math.ceil((until - now.value) / 1000);
  const open = item !== undefined && item.acts.includes("undo") && left > 0;
  const over = last !== null && !open;
  useEffect(() => {
    if (!over || !last || last.findings.length > 0) return;
    const timer = setTimeout(() => (done.value = null), 4_000);
    return () => clearTimeout(timer);
  }, [over, last]);
  if (!last) return null;
  return (
    <section class="undo-bar" aria-label={enStaff.decide.last}>
      <p>
        <Icon name="tick" />
        {last.words} {open && enStaff.item.takesEffect(left)}
      </p>
      {last.findings.length > 0 && (
        <div>
          <p>{enStaff.item.stillSeen}</p>
          <ul>
            {last.findings.map((finding, at) => (
              <li key={at}>
                {enStaff.category[finding.category]}: {finding.why}
              </li>
            ))}
          </ul>
        </div>
      )}
      {open && (
        <button class="button primary" type="button" disabled={!live.value} onClick={() => void undo(last.item)}>
          <Icon name="undo" />
          {enStaff.decide.undo}
        </button>
      )}
      {!open && (
        <button class="button quiet" type="button" onClick={() => (done.value = null)}>
          {t.close}
        </button>
      )}
    </section>
  );
}
