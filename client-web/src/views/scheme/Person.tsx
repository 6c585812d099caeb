// One person (C3): how far they have come, their relationships, and what is written down. Who they really are is behind glass.

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { breakGlass, forms, identity, invite, person, restore, suspend, takeStepAway } from "../../app/scheme";
import { clock } from "../../core/time";
import { enScheme } from "../../text/scheme";
import { Modal } from "../../ui/Modal";
import { PaperAnswers } from "../../ui/PaperView";
import type { Invited, PaperView, PersonLine, PersonPage } from "../../wire/generated";
import { Code } from "./People";
import { Papers } from "./Papers";
import { RelationshipTable } from "./Relationships";

const words = enScheme.person;

export function Person({ id }: { id: string }) {
  const [page, setPage] = useState<PersonPage | null>(null);
  const [problem, setProblem] = useState("");
  const [dialog, setDialog] = useState<"suspend" | "glass" | "reset" | "away" | null>(null);
  const [invited, setInvited] = useState<Invited | null>(null);
  const read = async () => {
    const got = await person(id);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setPage(got.value);
  };
  useEffect(() => void read(), [id]);
  if (page === null)
    return (
      <main class="shelves">
        <p role="alert">{problem || enScheme.loading}</p>
      </main>
    );
  const { account, name, role, standing } = page.person;
  const done = async (doing: Promise<{ ok: boolean; message?: string }>) => {
    const got = await doing;
    setProblem(got.ok ? "" : (got.message ?? ""));
    setDialog(null);
    await read();
  };
  const letIn = async (checked: string) => {
    const got = await invite(account, checked);
    setDialog(null);
    setProblem(got.ok ? "" : got.message);
    if (got.ok) setInvited(got.value);
  };
  const unreferred = role === "mentee" && !page.papers.some((paper) => paper.kind === "referral" && paper.closed_at === null);
  return (
    <main class="shelves">
      <p>
        <a href={hrefOf("people")}>{words.back}</a>
      </p>
      <h2>{name}</h2>
      <p>
        {enScheme.people.roles[role]} <span class={standing === "active" ? "tag" : "tag strong"}>{enScheme.people.standings[standing]}</span>{" "}
        {page.username === null ? words.notYet : words.signsIn(page.username)}
      </p>
      <p class="problem" role="alert">
        {problem}
      </p>
      <Acts line={page.person} onInvite={() => (standing === "active" ? setDialog("reset") : void letIn(""))} onSuspend={() => setDialog("suspend")} onRestore={() => void done(restore(account))} onAway={page.second_step ? () => setDialog("away") : null} />
      {page.second_step?.asked_by && <p class="hint">{(page.second_step.waits_for_you ? words.awayWaits : words.awayAsked)(page.second_step.asked_by)}</p>}
      <Identity page={page} onBreak={() => setDialog("glass")} />
      {role !== "supervisor" && role !== "coordinator" && (
        <section class="part">
          <h3>{words.relationships}</h3>
          {page.relationships.length === 0 ? <p>{words.noRelationships}</p> : <RelationshipTable lines={page.relationships} />}
        </section>
      )}
      <Papers papers={page.papers} fits={(form) => form.about === "person" && form.of.includes(role) && !(form.kind === "identity" && page.has_identity)} of={{ account }} onChange={() => void read()} first={unreferred && forms.value.length > 0 ? "referral" : null} />
      {invited && (
        <Code
          invited={invited}
          onClose={() => {
            setInvited(null);
            void read();
          }}
        />
      )}
      {dialog === "suspend" && <Reason title={words.suspendTitle(name)} hint={words.suspendHint} go={words.suspend} onGo={(reason) => void done(suspend(account, reason))} onClose={() => setDialog(null)} />}
      {dialog === "reset" && <Reason title={words.resetTitle(name)} hint={words.resetHint} label={words.checked} go={words.reset} onGo={(checked) => void letIn(checked)} onClose={() => setDialog(null)} />}
      {dialog === "away" && <Reason title={words.awayTitle(name)} hint={words.awayHint} label={words.checked} go={words.away} onGo={(checked) => void done(takeStepAway(account, checked))} onClose={() => setDialog(null)} />}
      {dialog === "glass" && <Reason title={words.glassTitle} hint={words.glassHint} go={words.glass} onGo={(reason) => void done(breakGlass(account, reason))} onClose={() => setDialog(null)} />}
    </main>
  );
}

interface ActsProps {
  line: PersonLine;
  onInvite: () => void;
  onSuspend: () => void;
  onRestore: () => void;
  /** Nothing, for who has no second step. */
  onAway: (() => void) | null;
}

function Acts({ line, onInvite, onSuspend, onRestore, onAway }: ActsProps) {
  const { account, role, standing } = line;
  return (
    <div class="decide-buttons">
      {role === "mentee" && standing !== "suspended" && (
        <a class="button primary" href={hrefOf("match", account)}>
          {words.match}
        </a>
      )}
      {standing !== "suspended" && (
        <button class="button" type="button" onClick={() => onInvite()}>
          {standing === "active" ? words.reset : words.invite}
        </button>
      )}
      {standing === "suspended" ? (
        <button class="button" type="button" onClick={() => onRestore()}>
          {words.restore}
        </button>
      ) : (
        <button class="button" type="button" onClick={() => onSuspend()}>
          {words.suspend}
        </button>
      )}
      {onAway && (
        <button class="button" type="button" onClick={() => onAway()}>
          {words.away}
        </button>
      )}
    </div>
  );
}

function Identity({ page, onBreak }: { page: PersonPage; onBreak: () => void }) {
  const [shown, setShown] = useState<PaperView | null>(null);
  useEffect(() => {
    setShown(null);
    if (page.glass_until === null || !page.has_identity) return undefined;
    void identity(page.person.account).then((got) => got.ok && setShown(got.value));
    const over = setTimeout(() => setShown(null), Math.max(0, Date.parse(page.glass_until) - Date.now()));
    return () => clearTimeout(over);
  }, [page]);
  if (!page.has_identity) return <p class="hint">{words.noIdentity}</p>;
  if (shown === null || page.glass_until === null)
    return (
      <p>
        <button class="button" type="button" onClick={onBreak}>
          {words.glass}
        </button>
      </p>
    );
  return (
    <section class="paper" aria-label={enScheme.kinds["identity"]}>
      <p class="hint">{words.glassOpen(clock(new Date(page.glass_until)))}</p>
      <PaperAnswers paper={shown} form={forms.value.find((form) => form.kind === "identity")} words={enScheme} />
    </section>
  );
}

interface ReasonProps {
  title: string;
  hint: string;
  label?: string;
  go: string;
  onGo: (reason: string) => void;
  onClose: () => void;
}

function Reason({ title, hint, label = words.reason, go, onGo, onClose }: ReasonProps) {
  const [reason, setReason] = useState("");
  return (
    <Modal id="reason-title" title={title} onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          onGo(reason);
        }}
      >
        <p class="hint">{hint}</p>
        <div class="field">
          <label for="reason">{label}</label>
          <textarea id="reason" rows={3} maxLength={500} required value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </div>
        <div class="decide-buttons">
          <button class="button primary" type="submit">
            {go}
          </button>
          <button class="button" type="button" onClick={onClose}>
            {enScheme.cancel}
          </button>
        </div>
      </form>
    </Modal>
  );
}
