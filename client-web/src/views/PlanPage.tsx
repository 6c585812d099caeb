// Brings the page of plans when somebody opens it: most visits never do.

import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../text/words";

export function PlanPage({ conversation }: { conversation: string }) {
  const [page, setPage] = useState<{ Plan: FunctionComponent<{ conversation: string }> } | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => void import("./Plan").then(setPage, () => setMissing(true)), []);
  if (page) return <page.Plan conversation={conversation} />;
  return (
    <main class="plan">
      <p role="status">{missing ? t.offlineRead : t.link.connecting}</p>
    </main>
  );
}
