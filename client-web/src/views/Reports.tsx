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
import { t } from "../text/words";
import { enStaff } from "../text/staff";
import { Icon } from "../ui/Icon";
import { Modal } from "../ui/Modal";
import type { ReportView } from "../wire/generated";

export function ReportsButton() {
  const fresh = freshReports.value.size;
  return (
    <button class={fresh > 0 ? "button" : "button quiet"} type="button" onClick={openReports}>
      {fresh > 0 && <Icon name="bell" />}
      {fresh > 0 ? enStaff.reports.openFresh(fresh) : enStaff.reports.open}
    </button>
  );
}

export function ReportsDialog() {
  if (!reportsOpen.value) return null;
  const older = olderReports.value;
  return (
    <Modal id="reports-title" title={enStaff.reports.title} onClose={closeReports}>
      <p class="hint">{enStaff.reports.intro}</p>
      {reportsProblem.value && (
        <p class="problem" role="alert">
          {reportsProblem.value}
        </p>
      )}
      {reports.value.length === 0 ? (
        <p class="empty">{reportsLoaded.value ? enStaff.reports.none : enStaff.reports.loading}</p>
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
            {enStaff.reports.older}
          </button>
        )}
        <button class="button" type="button" onClick={closeReports}>
          {t.close}
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
        {freshReports.value.has(report.id) && <span class="tag strong">{t.chat.newDivider}</span>} {enStaff.reports.reason[report.reason]}
      </h3>
      <p>
        {enStaff.reports.from(report.name, t.role[report.role])}, <time dateTime={report.at}>{`${day(at, new Date())}, ${clock(at)}`}</time>
      </p>
      <p class={report.text ? "quoted" : "hint"}>{report.text || enStaff.reports.noWords}</p>
      {report.pause && (
        <>
          <p>{enStaff.reports.paused}</p>
          {last && outcome && <p role="status">{outcome}</p>}
          {last && !outcome && (
            <button class="button" type="button" disabled={!live.value} onClick={() => void lift(report.conversation)}>
              {enStaff.reports.lift}
            </button>
          )}
        </>
      )}
    </article>
  );
}
