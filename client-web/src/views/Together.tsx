// Several low messages of one conversation, each to be read, released by one press.

import { useState } from "preact/hooks";
import { releasable, releaseTogether, togetherOpen } from "../app/together";
import { live, selected } from "../app/staff";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { t } from "../text/words";
import { Modal } from "../ui/Modal";
import type { ItemView } from "../wire/generated";

const words = enDuty.together;

export function TogetherDialog() {
  const item = selected.value;
  if (!togetherOpen.value || item === null) return null;
  return <Together key={item.item} item={item} />;
}

function Together({ item }: { item: ItemView }) {
  // As they were when the list was opened: what comes meanwhile was not read.
  const [items] = useState(() => releasable(item));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(items.map((one) => one.item)));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const close = () => (togetherOpen.value = false);
  const choose = (id: string, on: boolean) => setChosen((before) => new Set(on ? [...before, id] : [...before].filter((one) => one !== id)));
  const release = async () => {
    if (chosen.size === 0) return setProblem(words.none);
    setBusy(true);
    await releaseTogether(items.filter((one) => chosen.has(one.item)));
    close();
  };
  return (
    <Modal id="together-title" title={words.title} onClose={close}>
      <p class="hint">{words.hint}</p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <ul class="reports" role="list">
        {items.map((one) => (
          <li key={one.item}>
            <label class="check">
              <input type="checkbox" checked={chosen.has(one.item)} onChange={(event) => choose(one.item, event.currentTarget.checked)} />
              <span class="quoted">{one.text}</span>
            </label>
            <p class="hint">{one.findings.map((finding) => enStaff.category[finding.category]).join(", ")}</p>
          </li>
        ))}
      </ul>
      <p class="buttons">
        <button class="button primary" type="button" disabled={busy || !live.value} onClick={() => void release()}>
          {words.confirm(chosen.size)}
        </button>
        <button class="button quiet" type="button" onClick={close}>
          {t.cancel}
        </button>
      </p>
    </Modal>
  );
}
