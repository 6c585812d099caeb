// What was decided (S8), and second looks: a colleague says what they would have done, before they hear what was done.

import { useEffect, useState } from "preact/hooks";
import { background } from "../app/behind";
import { askLook, decisions } from "../app/review";
import { me } from "../app/staff";
import { dayAndTime } from "../core/time";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import type { Background, ItemView, LookFact, LookReason, OutcomeName } from "../wire/generated";
import { SecondLook } from "./SecondLook";

const words = enDuty.decisions;
const OUTCOMES = Object.keys(enStaff.outcome) as OutcomeName[];
const REASONS = Object.keys(words.reasons) as (keyof typeof words.reasons)[];

export function Decisions() {
  return (
    <main class="shelves">
      <SecondLook />
      <All />
    </main>
  );
}

function All() {
  const [items, setItems] = useState<ItemView[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const [mine, setMine] = useState(false);
  const [outcome, setOutcome] = useState<OutcomeName | "">("");
  const site = me.value?.site;
  const read = async (after: string | null) => {
    if (site === undefined) return;
    const got = await decisions(site, after);
    setProblem(got.ok ? "" : got.message);
    if (!got.ok) return;
    setItems((before) => [...(after === null ? [] : (before ?? [])), ...got.value.items]);
    setNext(got.value.next);
  };
  useEffect(() => void read(null), [site]);
  const shown = (items ?? []).filter((item) => (!mine || item.decided_by?.account === me.value?.id) && (outcome === "" || item.outcome === outcome));
  return (
    <section aria-labelledby="decisions-title">
      <h2 id="decisions-title">{words.title}</h2>
      <p class="hint">{words.intro}</p>
      <div class="shelves-tools">
        <div class="field">
          <label for="decisions-whose">{words.whose}</label>
          <select id="decisions-whose" value={mine ? "mine" : "team"} onChange={(event) => setMine(event.currentTarget.value === "mine")}>
            <option value="team">{words.team}</option>
            <option value="mine">{words.mine}</option>
          </select>
        </div>
        <div class="field">
          <label for="decisions-outcome">{words.outcome}</label>
          <select id="decisions-outcome" value={outcome} onChange={(event) => setOutcome(event.currentTarget.value as OutcomeName | "")}>
            <option value="">{words.all}</option>
            {OUTCOMES.map((one) => (
              <option key={one} value={one}>
                {enStaff.outcome[one]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {items === null && problem === "" && <p>{words.loading}</p>}
      {items !== null && shown.length === 0 && <p class="empty">{items.length === 0 ? words.none : words.noneSuch}</p>}
      <ol class="reports decisions" role="list">
        {shown.map((item) => (
          <li key={item.item}>
            <One item={item} />
          </li>
        ))}
      </ol>
      {next !== null && (
        <button class="button" type="button" onClick={() => void read(next)}>
          {words.older}
        </button>
      )}
    </section>
  );
}

function One({ item }: { item: ItemView }) {
  const [open, setOpen] = useState(false);
  const outcome = item.outcome ? enStaff.outcome[item.outcome] : "";
  return (
    <article>
      <h3>{enStaff.queue.fromTo(item.from.name, item.to.map((person) => person.name).join(", "))}</h3>
      <p>
        <strong>{words.by(outcome, item.decided_by?.name ?? null)}</strong>{" "}
        <span class="hint">
          {dayAndTime(item.effective_at ?? item.held_at)}, {enStaff.item.severity(enStaff.severity[item.severity]).toLowerCase()}
        </span>
      </p>
      <p class="quoted">{item.text}</p>
      <button class="button quiet" type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? words.less : words.more}
      </button>
      {open && <More item={item} />}
    </article>
  );
}

function More({ item }: { item: ItemView }) {
  const [known, setKnown] = useState<Background | null>(null);
  const [problem, setProblem] = useState("");
  const read = () => void background(item.item).then((got) => (got.ok ? setKnown(got.value) : setProblem(got.message)));
  useEffect(read, [item.item]);
  return (
    <div class="known">
      <p class="problem" role="alert">
        {problem}
      </p>
      {known && <Decided known={known} />}
      {known?.looks.map((look) => (
        <p key={look.asked_at}>{looked(look)}</p>
      ))}
      {item.decided_by && known && known.looks.every((look) => look.opinion !== null) && <Ask item={item.item} done={read} />}
    </div>
  );
}

function Decided({ known }: { known: Background }) {
  const decided = known.decided;
  if (!decided) return null;
  const { decision } = decided;
  return (
    <>
      {"reason" in decision && <p>{enStaff.staffReason[decision.reason]}</p>}
      {decision.kind === "alter" && <p>{words.delivered(decision.text)}</p>}
      {"note" in decision && decision.note && <p>{words.note(decision.note)}</p>}
      {"log" in decision && decision.log && <p>{words.log(decision.log)}</p>}
      {decided.proposed_by && <p>{words.proposedBy(decided.proposed_by.name)}</p>}
    </>
  );
}

function looked(look: LookFact): string {
  const reason = look.reason === "sample" ? "" : words.reasons[look.reason];
  const said = look.agrees === null ? words.waits : look.agrees ? words.agrees : words.differs;
  return words.look(reason, look.said_by, said);
}

function Ask({ item, done }: { item: string; done: () => void }) {
  const [reason, setReason] = useState<LookReason>("doubt");
  const [said, setSaid] = useState("");
  const ask = async () => {
    const got = await askLook(item, reason);
    setSaid(got.ok ? words.asked : got.message);
    if (got.ok) done();
  };
  return (
    <div class="field">
      <label for={`ask-${item}`}>{words.again}</label>
      <p class="buttons">
        <select id={`ask-${item}`} value={reason} onChange={(event) => setReason(event.currentTarget.value as LookReason)}>
          {REASONS.map((one) => (
            <option key={one} value={one}>
              {words.reasons[one]}
            </option>
          ))}
        </select>
        <button class="button" type="button" onClick={() => void ask()}>
          {words.ask}
        </button>
      </p>
      <p role="status">{said}</p>
    </div>
  );
}
