// The second step of a sign-in: setting it, the dialog that asks for a code, and links to files that need one.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { signOut } from "../app/api";
import { addPasskey, asked, beginStep, confirmStep, dropPasskey, prove, proveByPasskey, provenForFile, readStep, step } from "../app/step";
import { knowsPasskeys } from "../core/passkey";
import { day } from "../core/time";
import { enStaff } from "../text/staff";
import { Modal } from "../ui/Modal";
import { t } from "../text/words";
import type { PasskeyView, SecondStepBegun } from "../wire/generated";

const words = enStaff.step;
/** Light modules around the picture (ISO/IEC 18004, 9.1). */
const QUIET = 4;

/** The whole page of staff who have no second step yet. */
export function SetUpPage({ onDone }: { onDone: () => void }) {
  return (
    <main class="shelves">
      <h1>{words.title}</h1>
      <p>{words.why}</p>
      <SetUp onDone={onDone} />
      <button class="button quiet" type="button" onClick={() => void signOut()}>
        {t.signOut}
      </button>
    </main>
  );
}

export function SetUp({ onDone }: { onDone: () => void }) {
  const [begun, setBegun] = useState<SecondStepBegun | null>(null);
  const [spare, setSpare] = useState<string[] | null>(null);
  const [problem, setProblem] = useState("");
  const begin = async () => {
    const got = await beginStep();
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setBegun(got.value);
  };
  const confirm = async (code: string) => {
    const got = await confirmStep(code);
    if (got.ok) setSpare(got.value.spare_codes);
    return got.ok ? null : got.message;
  };
  const made = (codes: string[]) => (codes.length === 0 ? onDone() : setSpare(codes));
  if (spare !== null) return <SpareCodes codes={spare} onDone={onDone} />;
  if (begun !== null) return <Scan begun={begun} onCode={confirm} />;
  return (
    <>
      <p>{words.app}</p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button class="button primary" type="button" onClick={() => void begin()}>
        {words.begin}
      </button>
      {knowsPasskeys() && (
        <>
          <p>{words.passkeyOr}</p>
          <PasskeyForm go={words.passkey} onMade={made} />
        </>
      )}
    </>
  );
}

/** A device is named and makes a passkey. */
function PasskeyForm({ go, onMade }: { go: string; onMade: (spareCodes: string[]) => void }) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const make = async (event: Event) => {
    event.preventDefault();
    const got = await addPasskey(name);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) onMade(got.value.spare_codes);
  };
  return (
    <form class="fields" onSubmit={(event) => void make(event)}>
      <div class="field">
        <label for="passkey-name">{words.passkeyName}</label>
        <input id="passkey-name" maxLength={40} required value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button class="button" type="submit">
        {go}
      </button>
    </form>
  );
}

function Scan({ begun, onCode }: { begun: SecondStepBegun; onCode: (code: string) => Promise<string | null> }) {
  return (
    <>
      <p>{words.scan}</p>
      <Picture rows={begun.picture} />
      <p class="hint">
        {words.orType} <code class="secret">{inGroups(begun.secret, 4)}</code>
      </p>
      <CodeForm go={words.confirm} onCode={onCode} />
    </>
  );
}

function Picture({ rows }: { rows: string[] }) {
  const size = rows.length + 2 * QUIET;
  const dark = rows.flatMap((row, y) => [...row].map((cell, x) => (cell === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={words.picture} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={dark.join("")} fill="#000" />
    </svg>
  );
}

function SpareCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <>
      <h2>{words.spareTitle}</h2>
      <p>{words.spareHint}</p>
      <ol class="spare">
        {codes.map((code) => (
          <li key={code}>
            <code>{inGroups(code, 7)}</code>
          </li>
        ))}
      </ol>
      <button class="button primary" type="button" onClick={onDone}>
        {words.spareDone}
      </button>
    </>
  );
}

function CodeForm({ go, onCode, onClose }: { go: string; onCode: (code: string) => Promise<string | null>; onClose?: () => void }) {
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const give = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem((await onCode(code)) ?? "");
    setBusy(false);
  };
  return (
    <form class="fields" onSubmit={(event) => void give(event)}>
      <div class="field">
        <label for="step-code">{words.code}</label>
        <input id="step-code" inputmode="numeric" autocomplete="one-time-code" maxLength={40} required value={code} onInput={(event) => setCode(event.currentTarget.value)} />
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="decide-buttons">
        <button class="button primary" type="submit" disabled={busy}>
          {go}
        </button>
        {onClose && (
          <button class="button" type="button" onClick={onClose}>
            {words.notNow}
          </button>
        )}
      </div>
    </form>
  );
}

/** Asks for a code when the server wants one. */
export function ProveDialog() {
  const answer = asked.value;
  useEffect(() => {
    if (answer !== null) void readStep();
  }, [answer !== null]);
  if (answer === null) return null;
  return (
    <Modal id="prove-title" title={words.proveTitle} onClose={() => asked.value?.(false)}>
      <p class="hint">{words.proveHint}</p>
      {knowsPasskeys() && (step.value?.passkeys.length ?? 0) > 0 && <ByPasskey />}
      <CodeForm go={words.prove} onCode={prove} onClose={() => answer(false)} />
    </Modal>
  );
}

function ByPasskey() {
  const [problem, setProblem] = useState("");
  const use = async () => setProblem((await proveByPasskey()) ?? "");
  return (
    <>
      <button class="button primary" type="button" onClick={() => void use()}>
        {words.passkeyUse}
      </button>
      <p class="problem" role="alert">
        {problem}
      </p>
    </>
  );
}

/** A file that is fetched once a code was given. */
export function FileLink({ href, children }: { href: string; children: ComponentChildren }) {
  const fetchIt = async (event: Event) => {
    event.preventDefault();
    if (await provenForFile()) location.assign(href);
  };
  return (
    <a class="button" href={href} download onClick={(event) => void fetchIt(event)}>
      {children}
    </a>
  );
}

/** How it stands, among one's settings. */
export function StepSetting() {
  const [anew, setAnew] = useState(false);
  const [adding, setAdding] = useState(false);
  const [spare, setSpare] = useState<string[]>([]);
  const state = step.value;
  if (state === null) return null;
  const done = () => {
    setAnew(false);
    void readStep();
  };
  const added = (codes: string[]) => {
    setAdding(false);
    setSpare(codes);
    void readStep();
  };
  return (
    <section class="setting" aria-labelledby="step-title">
      <h3 id="step-title">{words.setting}</h3>
      <p>{state.state === "set" ? words.isSet(state.spare_codes) : words.isOff}</p>
      <Passkeys all={state.passkeys} />
      {spare.length > 0 && <SpareCodes codes={spare} onDone={() => setSpare([])} />}
      {state.state === "set" && knowsPasskeys() && !adding && (
        <button class="button" type="button" onClick={() => setAdding(true)}>
          {words.passkeyAnother}
        </button>
      )}
      {adding && <PasskeyForm go={words.passkey} onMade={added} />}
      {anew ? (
        <SetUp onDone={done} />
      ) : (
        <button class="button" type="button" onClick={() => setAnew(true)}>
          {state.app ? words.anew : state.state === "set" ? words.addApp : words.setUp}
        </button>
      )}
    </section>
  );
}

function Passkeys({ all }: { all: PasskeyView[] }) {
  const [problem, setProblem] = useState("");
  const remove = async (id: string) => {
    const got = await dropPasskey(id);
    setProblem(got.ok ? "" : got.message);
    await readStep();
  };
  if (all.length === 0) return null;
  const on = (at: string) => day(new Date(at), new Date());
  return (
    <>
      <ul class="lines">
        {all.map((one) => (
          <li key={one.id}>
            {one.name} <span class="hint">{words.passkeySince(on(one.at), one.used_at === null ? null : on(one.used_at))}</span>{" "}
            <button class="button quiet" type="button" onClick={() => void remove(one.id)}>
              {words.passkeyRemove(one.name)}
            </button>
          </li>
        ))}
      </ul>
      <p class="problem" role="alert">
        {problem}
      </p>
    </>
  );
}

function inGroups(code: string, of: number): string {
  return code.match(new RegExp(`.{1,${of}}`, "g"))?.join(" ") ?? code;
}
