// What people told the team: read page by page, joined by those that come while one watches, newest first. Ends a pause when asked.

import { signal } from "@preact/signals";
import { announce } from "../core/announce";
import { merged } from "../state/reports";
import { t } from "../text/words";
import { enStaff } from "../text/staff";
import type { ReportView } from "../wire/generated";
import { reportPage } from "./api";
import { link } from "./staff";

export const reports = signal<ReportView[]>([]);
/** Those that came since the list was last looked at. */
export const freshReports = signal<ReadonlySet<string>>(new Set());
export const reportsOpen = signal(false);
export const reportsProblem = signal<string | null>(null);
export const reportsLoaded = signal(false);
/** What to ask for the next page with; nothing when all are here. */
export const olderReports = signal<string | null>(null);
/** What came of ending a pause, by conversation. */
export const lifted = signal<Record<string, string>>({});

export async function readReports(after: string | null = null): Promise<void> {
  const page = await reportPage(after);
  reportsProblem.value = page.ok ? null : page.message;
  if (!page.ok) return;
  reports.value = merged(reports.value, page.value.reports);
  if (after !== null || !reportsLoaded.value) olderReports.value = page.value.next;
  reportsLoaded.value = true;
}

export function heardReport(report: ReportView): void {
  if (reports.value.some((known) => known.id === report.id)) return;
  reports.value = merged(reports.value, [report]);
  if (report.pause) lifted.value = { ...lifted.value, [report.conversation]: "" };
  if (!reportsOpen.value) freshReports.value = new Set([...freshReports.value, report.id]);
  announce(enStaff.reports.fresh(report.name, enStaff.reports.reason[report.reason]));
}

export function openReports(): void {
  reportsOpen.value = true;
  if (!reportsLoaded.value) void readReports();
}

export function closeReports(): void {
  reportsOpen.value = false;
  freshReports.value = new Set();
}

export async function lift(conversation: string): Promise<void> {
  const answer = await link.request({ op: "lift", conversation });
  const words = answer === null ? t.offlineRead : answer.op === "err" ? answer.message : enStaff.reports.lifted;
  lifted.value = { ...lifted.value, [conversation]: words };
}
