// What a supervisor may know who decides: of both people, of what must not be spoken of here, and who was rung.

import { behind, behindProblem, reading } from "../app/behind";
import { releasable, togetherOpen } from "../app/together";
import { clock, dayAndTime } from "../core/time";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import { t } from "../text/words";
import type { Background, ItemView, PersonFacts, RingView } from "../wire/generated";
import { tierName } from "./Duty";

const words = enDuty.behind;

export function Behind({ item }: { item: ItemView }) {
  const known = behind.value?.item === item.item ? behind.value.known : null;
  return (
    <section aria-labelledby="item-known">
      <h3 id="item-known">{words.title}</h3>
      <p class="problem" role="alert">
        {behindProblem.value}
      </p>
      {known === null ? <p class="hint">{behindProblem.value === "" && words.loading}</p> : <Known known={known} />}
    </section>
  );
}

function Known({ known }: { known: Background }) {
  return (
    <div class="known">
      {known.people.map((facts) => (
        <Person key={facts.person.account} facts={facts} />
      ))}
      {known.reports > 0 && <p>{words.reports(known.reports)}</p>}
      {known.restrictions.length === 0 ? (
        <p class="hint">{words.noRestrictions}</p>
      ) : (
        <div>
          <h4>{words.restrictions}</h4>
          <ul class="plain">
            {known.restrictions.map((one) => (
              <li key={one.term}>{words.restriction(one.term, one.reason, dayAndTime(one.until))}</li>
            ))}
          </ul>
        </div>
      )}
      {known.rings.length > 0 && <Rings rings={known.rings} />}
    </div>
  );
}

function Person({ facts }: { facts: PersonFacts }) {
  return (
    <div>
      <p>
        <strong>{facts.person.name}</strong>, {t.role[facts.person.role]}
      </p>
      <p>{words.held(facts.held, facts.released, facts.kept_back)}</p>
      {facts.last.length > 0 && (
        <ul class="plain hint">
          {facts.last.map((past) => (
            <li key={past.at}>{words.last(enStaff.outcome[past.outcome], enStaff.severity[past.severity], dayAndTime(past.at))}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Rings({ rings }: { rings: RingView[] }) {
  const last = rings[rings.length - 1];
  const answered = last?.answered_by && last.answered_at;
  return (
    <div>
      <h4>{words.rings}</h4>
      <ul class="plain">
        {rings.map((ring) => (
          <li key={ring.at}>{words.ring(clock(new Date(ring.at)), tierName(ring.tier), ring.rung.length > 0 ? ring.rung.join(", ") : words.nobodyRung)}</li>
        ))}
      </ul>
      <p>{answered && last.answered_by ? words.answered(last.answered_by, clock(new Date(answered))) : words.unanswered}</p>
    </div>
  );
}

/** What else of this conversation waits, and reading all of it. */
export function Around({ item }: { item: ItemView }) {
  const known = behind.value?.item === item.item ? behind.value.known : null;
  const also = known?.also_open.length ?? 0;
  const together = item.acts.includes("release") && releasable(item).length > 1;
  return (
    <p class="buttons">
      {also > 0 && <span class="hint">{words.also(also)}</span>}
      {together && (
        <button class="button" type="button" onClick={() => (togetherOpen.value = true)}>
          {words.together}
        </button>
      )}
      <button class="button quiet" type="button" onClick={() => (reading.value = item.conversation)}>
        {words.whole}
      </button>
    </p>
  );
}
