// What people told the team, for those who watch: who, why, in their words, and the end of a pause that came with it.

import {
  closeReports,
  freshReports,
  lift,
  lifted,
  olderReports,
  openReports,
  readReports,
  reports,
  reportsLoaded,
  reportsOpen,
  reportsProblem,
} from "../app/reports";
import { live } from "../app/staff";
import { clock, day } from "../core/time";
import { en } from "../text/en";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";
import type { ReportView } from "../wire/generated";

export function ReportsButton() {
  const fresh = freshReports.value.size;
  return (
    <button class={fresh > 0 ? "button" : "button quiet"} type="button" onClick={openReports}>
      {fresh > 0 && <Icon name="bell" />}
      {fresh > 0 ? en.reports.openFresh(fresh) : en.reports.open}
    </button>
  );
}

export function ReportsDialog() {
  if (!reportsOpen.value) return null;
  const older = olderReports.value;
  return (
    <Modal id="reports-title" title={en.reports.title} onClose={closeReports}>
      <p class="hint">{en.reports.intro}</p>
      {reportsProblem.value && (
        <p class="problem" role="alert">
          {reportsProblem.value}
        </p>
      )}
      {reports.value.length === 0 ? (
        <p class="empty">{reportsLoaded.value ? en.reports.none : en.reports.loading}</p>
      ) : (
        <ul class="reports" role="list">
          {reports.value.map((report, at) => (
            <li key={report.id}>
              <Report report={report} last={isLastPause(at)} />
            </li>
          ))}
        </ul>
      )}
      <p class="buttons">
        {older !== null && (
          <button class="button" type="button" onClick={() => void readReports(older)}>
            {en.reports.older}
          </button>
        )}
        <button class="button" type="button" onClick={closeReports}>
          {en.close}
        </button>
      </p>
    </Modal>
  );
}

/** Of several that paused one conversation, the newest offers the end of it. */
function isLastPause(at: number): boolean {
  const conversation = reports.value[at]?.conversation;
  return !reports.value.slice(0, at).some((newer) => newer.pause && newer.conversation === conversation);
}

function Report({ report, last }: { report: ReportView; last: boolean }) {
  const at = new Date(report.at);
  const outcome = lifted.value[report.conversation];
  return (
    <article>
      <h3>
        {freshReports.value.has(report.id) && <span class="tag strong">{en.chat.newDivider}</span>} {en.reports.reason[report.reason]}
      </h3>
      <p>
        {en.reports.from(report.name, en.role[report.role])}, <time dateTime={report.at}>{`${day(at, new Date())}, ${clock(at)}`}</time>
      </p>
      <p class={report.text ? "quoted" : "hint"}>{report.text || en.reports.noWords}</p>
      {report.pause && (
        <>
          <p>{en.reports.paused}</p>
          {last && outcome && <p role="status">{outcome}</p>}
          {last && !outcome && (
            <button class="button" type="button" disabled={!live.value} onClick={() => void lift(report.conversation)}>
              {en.reports.lift}
            </button>
          )}
        </>
      )}
    </article>
  );
}
