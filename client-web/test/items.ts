// An item for tests: free to claim, from Sam to Alex.

import type { ItemView, Severity } from "../src/wire/generated";

export function item(id: string, severity: Severity, minute: number, more: Partial<ItemView> = {}): ItemView {
  const time = (at: number) => new Date(Date.UTC(2026, 10, 22, 9, at)).toISOString();
  return {
    item: id,
    version: 1,
    site: "s_1",
    conversation: "c_1",
    message: `m_${id}`,
    from: { account: "a_1", name: "Sam", role: "mentee" },
    to: [{ account: "a_2", name: "Alex", role: "mentor" }],
    text: "words",
    held_at: time(minute),
    due_at: time(minute + 5),
    severity,
    rules: "r1",
    findings: [],
    state: "waiting",
    claimed_by: null,
    claimed_until: null,
    decided_by: null,
    effective_at: null,
    outcome: null,
    withdrawn: false,
    tier: 1,
    ringing: false,
    context: [],
    acts: ["claim"],
    ...more,
  };
}
