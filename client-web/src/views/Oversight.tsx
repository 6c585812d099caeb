// How the queue has done: charts, each with its table, and all of it for a spreadsheet.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { hrefOfTable, oversight } from "../app/review";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import type { OversightPage, WaitsView } from "../wire/generated";

const words = enDuty.numbers;
const DAYS = [1, 7, 30, 90];

export function Oversight() {
  const [days, setDays] = useState(7);
  const [page, setPage] = useState<OversightPage | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    void oversight(days).then((got) => {
      setProblem(got.ok ? "" : got.message);
      if (got.ok) setPage(got.value);
    });
  }, [days]);
  return (
    <main class="shelves">
      <h2>{words.title}</h2>
      <p class="hint">{words.intro}</p>
      <div class="shelves-tools">
        <div class="field">
          <label for="numbers-days">{words.days}</label>
          <select id="numbers-days" value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {DAYS.map((one) => (
              <option key={one} value={String(one)}>
                {words.choices[one]}
              </option>
            ))}
          </select>
        </div>
        <a class="button" href={hrefOfTable(days)} download>
          {words.csv}
        </a>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {page === null ? problem === "" && <p>{words.loading}</p> : <Numbers page={page} />}
    </main>
  );
}

function Numbers({ page }: { page: OversightPage }) {
  const { looks } = page;
  return (
    <>
      {page.held === 0 && <p class="empty">{words.none}</p>}
      <Part title={words.waits} hint={words.waitsHint}>
        <Waits page={page} />
      </Part>
      {page.hours.length > 0 && (
        <Part title={words.hours} hint={words.hoursHint}>
          <Hours page={page} />
        </Part>
      )}
      {page.outcomes.length > 0 && (
        <Part title={words.mix}>
          <Table name={words.mix} heads={[words.outcome, words.count]} rows={page.outcomes.map((one) => [enStaff.outcome[one.outcome], String(one.count)])} />
        </Part>
      )}
      <Part title={words.looks}>
        {looks.passed + looks.decided + looks.asked === 0 && <p>{words.noLooks}</p>}
        {looks.passed > 0 && <p>{words.passed(looks.passed, looks.missed)}</p>}
        {looks.decided > 0 && <p>{words.drawn(looks.decided, looks.otherwise)}</p>}
        {looks.asked > 0 && <p>{words.asked(looks.asked, looks.reversed)}</p>}
      </Part>
      {page.people.length > 0 && (
        <Part title={words.people}>
          <Table
            name={words.people}
            heads={[words.name, words.onDuty, words.decided, words.serious]}
            rows={page.people.map((one) => [one.name, words.ms(one.on_duty_ms), String(one.decided), String(one.serious)])}
          />
        </Part>
      )}
      {page.rules.length > 0 && (
        <Part title={words.rules}>
          <Table
            name={words.rules}
            heads={[words.rule, words.held, words.released, words.upheld]}
            rows={page.rules.map((one) => [one.review ? `${one.rule} (${words.review})` : one.rule, String(one.holds), String(one.released), String(one.upheld)])}
          />
        </Part>
      )}
    </>
  );
}

function Part({ title, hint, children }: { title: string; hint?: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h3>{title}</h3>
      {hint && <p class="hint">{hint}</p>}
      {children}
    </section>
  );
}

function Waits({ page }: { page: OversightPage }) {
  const most = Math.max(1, ...page.waits.flatMap(({ waits, target_ms }) => [waits.p95_ms ?? 0, waits.decided > 0 ? target_ms : 0]));
  const cells = ({ held, decided, in_time, p50_ms, p95_ms }: WaitsView) => [String(held), String(decided), String(in_time), words.ms(p50_ms), words.ms(p95_ms)];
  return (
    <div class="chart-and-table">
      <div class="bars" aria-hidden="true">
        {page.waits.map(({ severity, waits, target_ms }) => (
          <div class="bar-line" key={severity}>
            <span>{enStaff.severity[severity]}</span>
            <svg viewBox="0 0 100 20" preserveAspectRatio="none">
              <rect class="light" x="0" y="3" width={share(waits.p95_ms, most)} height="14" />
              <rect class="dark" x="0" y="3" width={share(waits.p50_ms, most)} height="14" />
              {waits.decided > 0 && <rect class="aim" x={Math.min(share(target_ms, most), 99)} y="0" width="1" height="20" />}
            </svg>
          </div>
        ))}
      </div>
      <Table
        name={words.waits}
        heads={[words.severity, words.held, words.decided, words.inTime, words.half, words.most, words.target]}
        rows={page.waits.map(({ severity, waits, target_ms }) => [enStaff.severity[severity], ...cells(waits), words.ms(target_ms)])}
      />
    </div>
  );
}

function Hours({ page }: { page: OversightPage }) {
  const most = Math.max(1, ...page.hours.map(({ waits }) => waits.held));
  return (
    <div class="chart-and-table">
      <div class="bars" aria-hidden="true">
        {page.hours.map(({ hour, waits }) => (
          <div class="bar-line" key={hour}>
            <span>{hourName(hour)}</span>
            <svg viewBox="0 0 100 20" preserveAspectRatio="none">
              <rect class="dark" x="0" y="3" width={share(waits.held, most)} height="14" />
            </svg>
          </div>
        ))}
      </div>
      <Table
        name={words.hours}
        heads={[words.hour, words.held, words.inTime, words.half, words.most]}
        rows={page.hours.map(({ hour, waits }) => [hourName(hour), String(waits.held), String(waits.in_time), words.ms(waits.p50_ms), words.ms(waits.p95_ms)])}
      />
    </div>
  );
}

function Table({ name, heads, rows }: { name: string; heads: string[]; rows: string[][] }) {
  return (
    <div class="table narrow" role="region" aria-label={name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th key={head} scope="col" class={at > 0 ? "number" : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first = "", ...cells]) => (
            <tr key={first}>
              <th scope="row">{first}</th>
              {cells.map((cell, at) => (
                <td key={at} class="number">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function share(part: number | null, whole: number): number {
  return part === null ? 0 : Math.round((part / whole) * 1000) / 10;
}

function hourName(hour: number): string {
  const of12 = hour % 12 === 0 ? 12 : hour % 12;
  return `${of12}${hour < 12 ? "am" : "pm"}`;
}
