// The list of reports as a value: each once, newest first, whatever order they come in. Pure.

import type { ReportView } from "../wire/generated";

export function merged(known: readonly ReportView[], more: readonly ReportView[]): ReportView[] {
  const byId = new Map([...known, ...more].map((report) => [report.id, report]));
  return [...byId.values()].sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1));
}
