// Who is in the scheme (C2), adding somebody, and the code that lets them in (C4).

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { addPerson, everybody, joinLink, people } from "../../app/scheme";
import { day } from "../../core/time";
import { enScheme } from "../../text/scheme";
import { Modal } from "../../ui/Modal";
import { FileLink } from "../SecondStep";
import type { Invited, PersonLine, Role } from "../../wire/generated";
import { ImportTable } from "./ImportTable";

const words = enScheme.people;
const ROLES: Role[] = ["mentee", "mentor", "guest_officer", "supervisor", "coordinator"];

export function People() {
  const [problem, setProblem] = useState("");
  const [find, setFind] = useState("");
  const [role, setRole] = useState<Role | "">("");
  const [dialog, setDialog] = useState<"add" | "import" | null>(null);
  const read = () => void people().then((got) => setProblem(got.ok ? "" : got.message));
  useEffect(read, []);
  const shown = everybody.value.filter((one) => (role === "" || one.role === role) && one.name.toLowerCase().includes(find.trim().toLowerCase()));
  const close = () => {
    setDialog(null);
    read();
  };
  return (
    <main class="shelves">
      <h2>{words.title}</h2>
      <p class="hint">{words.intro}</p>
      <div class="shelves-tools">
        <div class="field">
          <label for="people-find">{words.find}</label>
          <input id="people-find" type="search" value={find} onInput={(event) => setFind(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="people-role">{words.role}</label>
          <select id="people-role" value={role} onChange={(event) => setRole(event.currentTarget.value as Role | "")}>
            <option value="">{words.everybody}</option>
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {words.roles[one]}
              </option>
            ))}
          </select>
        </div>
        <button class="button primary" type="button" onClick={() => setDialog("add")}>
          {words.add}
        </button>
        <button class="button" type="button" onClick={() => setDialog("import")}>
          {words.import}
        </button>
        <FileLink href="/api/people.csv">{words.export}</FileLink>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {shown.length === 0 && <p class="empty">{words.none}</p>}
      {shown.length > 0 && <PeopleTable lines={shown} />}
      {dialog === "add" && <Add onClose={close} />}
      {dialog === "import" && <ImportTable onClose={close} />}
    </main>
  );
}

function PeopleTable({ lines }: { lines: PersonLine[] }) {
  return (
    <div class="table" role="region" aria-label={words.title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{enScheme.fields["name"]}</th>
            <th scope="col">{words.role}</th>
            <th scope="col">{words.standing}</th>
            <th scope="col" class="number">
              {words.relationships}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((one) => (
            <tr key={one.account}>
              <th scope="row">
                <a href={hrefOf("people", one.account)}>{one.name}</a>
              </th>
              <td>{words.roles[one.role]}</td>
              <td>
                <span class={one.standing === "active" ? "tag" : "tag strong"}>{words.standings[one.standing]}</span>
              </td>
              <td class="number">{one.relationships}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("mentee");
  const [invited, setInvited] = useState<Invited | null>(null);
  const [problem, setProblem] = useState("");
  if (invited) return <Code invited={invited} onClose={onClose} />;
  const add = async (event: Event) => {
    event.preventDefault();
    const got = await addPerson(name, role);
    if (got.ok) setInvited(got.value);
    else setProblem(got.message);
  };
  return (
    <Modal id="add-title" title={words.add} onClose={onClose}>
      <form class="fields" onSubmit={(event) => void add(event)}>
        <div class="field">
          <label for="add-name">{words.name}</label>
          <p class="hint" id="add-hint">
            {words.nameHint}
          </p>
          <input id="add-name" value={name} maxLength={80} required aria-describedby="add-hint" onInput={(event) => setName(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="add-role">{words.role}</label>
          <select id="add-role" value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {words.roles[one]}
              </option>
            ))}
          </select>
        </div>
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="decide-buttons">
          <button class="button primary" type="submit">
            {words.add}
          </button>
          <button class="button" type="button" onClick={onClose}>
            {enScheme.cancel}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** A code, shown once. */
export function Code({ invited, onClose }: { invited: Invited; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const link = joinLink(invited.code);
  const copy = () => void navigator.clipboard.writeText(link).then(() => setCopied(true), () => setCopied(false));
  return (
    <Modal id="code-title" title={words.invited(invited.name)} onClose={onClose}>
      <p class="hint">{words.codeHint(day(new Date(invited.until), new Date(0)))}</p>
      <dl class="answers">
        <div>
          <dt>{words.code}</dt>
          <dd class="code">{invited.code}</dd>
        </div>
        <div>
          <dt>{words.link}</dt>
          <dd class="code">{link}</dd>
        </div>
      </dl>
      <p role="status">{copied ? words.copied : ""}</p>
      <div class="decide-buttons">
        <a class="button primary" href={hrefOf("people", invited.account)} onClick={onClose}>
          {words.openPage(invited.name)}
        </a>
        <button class="button" type="button" onClick={copy}>
          {words.copy}
        </button>
        <button class="button" type="button" onClick={onClose}>
          {words.done}
        </button>
      </div>
    </Modal>
  );
}
