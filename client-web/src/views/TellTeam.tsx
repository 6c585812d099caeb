// Tell the team (M11): something is wrong, stop this chat, or another mentor, please. It goes to the supervisors and never to the other
// party, and the screen says so.

import { useEffect, useRef } from "preact/hooks";
import { beginTelling, changeTelling, stopTelling, tell, telling } from "../app/report";
import type { Thread } from "../state/messenger";
import { t } from "../text/words";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";
import type { Me, ReportReason, Role } from "../wire/generated";
import { others } from "./ConversationList";

const REASONS: ReportReason[] = ["unsafe", "upset", "change_mentor", "other"];

export function TellButton({ conversation }: { conversation: string }) {
  return (
    <button class="button quiet" type="button" onClick={() => beginTelling(conversation)}>
      <Icon name="alert" />
      {t.tell.open}
    </button>
  );
}

export function TellTeam({ thread, me }: { thread: Thread; me: Me }) {
  const now = telling.value;
  if (now?.conversation !== thread.view.id) return null;
  return (
    <Modal id="tell-title" title={now.phase === "sent" ? t.tell.sentTitle : t.tell.title} onClose={stopTelling}>
      {now.phase === "sent" ? <Sent pause={now.pause} /> : <Form thread={thread} me={me} />}
    </Modal>
  );
}

function Form({ thread, me }: { thread: Thread; me: Me }) {
  const now = telling.value;
  const problem = useRef<HTMLParagraphElement>(null);
  useEffect(() => problem.current?.focus(), [now?.problem]);
  if (!now) return null;
  const name = others(thread, me);
  return (
    <form
      class="tell"
      onSubmit={(event) => {
        event.preventDefault();
        void tell();
      }}
    >
      <p>{t.tell.intro(name)}</p>
      {now.problem && (
        <p class="problem" role="alert" tabIndex={-1} ref={problem}>
          {now.problem}
        </p>
      )}
      <Reasons chosen={now.reason} role={me.role} />
      <div class="field">
        <label for="tell-text">{t.tell.words}</label>
        <textarea
          id="tell-text"
          rows={3}
          value={now.text}
          aria-describedby="tell-hint"
          onInput={(event) => changeTelling({ text: event.currentTarget.value })}
        />
        <p class="hint" id="tell-hint">
          {t.tell.wordsHint}
        </p>
      </div>
      {thread.view.state === "open" && <Pause on={now.pause} />}
      <p class="buttons">
        <button class="button primary" type="submit" disabled={now.phase === "sending"}>
          {now.phase === "sending" ? t.status.sending : t.tell.send}
        </button>
        <button class="button" type="button" onClick={stopTelling}>
          {t.cancel}
        </button>
      </p>
    </form>
  );
}

function Reasons({ chosen, role }: { chosen: ReportReason | null; role: Role }) {
  return (
    <fieldset class="field">
      <legend>{t.tell.what}</legend>
      {REASONS.map((reason) => (
        <label class="check" key={reason}>
          <input
            type="radio"
            name="tell-reason"
            value={reason}
            checked={chosen === reason}
            onChange={() => changeTelling({ reason })}
          />
          {reason === "change_mentor" && role !== "mentee" ? t.tell.changeMatch : t.tell.reason[reason]}
        </label>
      ))}
    </fieldset>
  );
}

function Pause({ on }: { on: boolean }) {
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          aria-describedby="tell-pause"
          onChange={(event) => changeTelling({ pause: event.currentTarget.checked })}
        />
        {t.tell.pause}
      </label>
      <p class="hint" id="tell-pause">
        {t.tell.pauseHint}
      </p>
    </div>
  );
}

function Sent({ pause }: { pause: boolean }) {
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <p role="status" tabIndex={-1} ref={heading}>
        {t.tell.sent}
      </p>
      {pause && <p>{t.tell.sentPause}</p>}
      <p>{t.tell.danger}</p>
      <button class="button primary" type="button" onClick={stopTelling}>
        {t.close}
      </button>
    </>
  );
}
