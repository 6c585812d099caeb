// People and relationships out of a table: tried first, then taken whole or not at all.

import { useState } from "preact/hooks";
import { importTable } from "../../app/scheme";
import { enScheme } from "../../text/scheme";
import { Modal } from "../../ui/Modal";
import type { Imported } from "../../wire/generated";

const words = enScheme.import;
/** What the server takes at once is 64 KiB, with what is around the table. */
const BYTES_MAX = 60_000;

export function ImportTable({ onClose }: { onClose: () => void }) {
  const [csv, setCsv] = useState("");
  const [told, setTold] = useState<{ of: string; dry: boolean; done: Imported } | null>(null);
  const [problem, setProblem] = useState("");
  const go = async (dry: boolean) => {
    if (new Blob([csv]).size > BYTES_MAX) return setProblem(words.tooLong);
    const got = await importTable(csv, dry);
    setProblem(got.ok ? "" : got.message);
    setTold(got.ok ? { of: csv, dry, done: got.value } : null);
  };
  const done = told?.of === csv ? told.done : null;
  const imported = done !== null && told?.dry === false && done.problems.length === 0;
  return (
    <Modal id="import-title" title={words.title} onClose={onClose}>
      <div class="fields">
        <p class="hint">{words.hint}</p>
        <div class="field">
          <label for="import-file">{words.file}</label>
          <input id="import-file" type="file" accept=".csv,text/csv" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setCsv)} />
        </div>
        <div class="field">
          <label for="import-table">{words.table}</label>
          <textarea id="import-table" rows={6} value={csv} onInput={(event) => setCsv(event.currentTarget.value)} />
        </div>
        <p class="problem" role="alert">
          {problem}
        </p>
        {done !== null && done.problems.length > 0 && <Problems done={done} />}
        {done !== null && !imported && done.problems.length === 0 && <p role="status">{words.good(done.people, done.relationships)}</p>}
        {imported && <Codes done={done} />}
        <div class="decide-buttons">
          {!imported && (
            <button class="button" type="button" onClick={() => void go(true)}>
              {words.dry}
            </button>
          )}
          {!imported && done !== null && done.problems.length === 0 && (
            <button class="button primary" type="button" onClick={() => void go(false)}>
              {words.go}
            </button>
          )}
          <button class="button" type="button" onClick={onClose}>
            {imported ? enScheme.people.done : enScheme.cancel}
          </button>
        </div>
      </div>
    </Modal>
  );
}

function Problems({ done }: { done: Imported }) {
  return (
    <div role="status">
      <p>{words.bad(done.problems.length)}</p>
      <ul>
        {done.problems.map((one) => (
          <li key={one.line}>
            {words.line} {one.line}: {one.advice}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Codes({ done }: { done: Imported }) {
  return (
    <div role="status">
      <p>{words.done(done.invited.length)}</p>
      <div class="table narrow" role="region" aria-label={enScheme.people.code} tabIndex={0}>
        <table>
          <tbody>
            {done.invited.map((one) => (
              <tr key={one.account}>
                <th scope="row">{one.name}</th>
                <td class="code">{one.code}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
