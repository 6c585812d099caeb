// What the scheme has chosen (C6): when its team is there, how long messages may wait, how long words are kept, and what is held.

import { useEffect, useState } from "preact/hooks";
import { hrefOf } from "../../app/place";
import { chooseSite, site } from "../../app/scheme";
import { enScheme } from "../../text/scheme";
import { enStaff } from "../../text/staff";
import type { CategoryChoice, Severity, SiteChoices } from "../../wire/generated";

const words = enScheme.site;
const SEVERITIES: Severity[] = ["low", "medium", "high", "urgent"];
type NumberField = "low_minutes" | "medium_minutes" | "high_minutes" | "urgent_minutes" | "undo_seconds";
const NUMBERS: NumberField[] = ["low_minutes", "medium_minutes", "high_minutes", "urgent_minutes", "undo_seconds"];

export function SitePage() {
  const [choices, setChoices] = useState<SiteChoices | null>(null);
  const [problem, setProblem] = useState("");
  const [saved, setSaved] = useState(false);
  useEffect(() => {
    void site().then((got) => (got.ok ? setChoices(got.value) : setProblem(got.message)));
  }, []);
  if (choices === null)
    return (
      <main class="shelves">
        <p role="alert">{problem || enScheme.loading}</p>
      </main>
    );
  const change = (part: Partial<SiteChoices>) => {
    setSaved(false);
    setChoices({ ...choices, ...part });
  };
  const save = async (event: Event) => {
    event.preventDefault();
    const got = await chooseSite(choices);
    setProblem(got.ok ? "" : got.message);
    setSaved(got.ok);
    if (got.ok) setChoices(got.value);
  };
  return (
    <main class="shelves">
      <h2>{`${words.title}: ${choices.name}`}</h2>
      <p class="decide-buttons">
        <a href={hrefOf("papers")}>{enScheme.sitePapers.title}</a>
        <a href={hrefOf("roles")}>{enScheme.roles.title}</a>
      </p>
      <form class="fields" onSubmit={(event) => void save(event)}>
        <Plain choices={choices} change={change} />
        <Rota choices={choices} onChange={(shares_with) => change({ shares_with })} />
        <Categories all={choices.categories} onChange={(categories) => change({ categories })} />
        <p class="problem" role="alert">
          {problem}
        </p>
        <p role="status">{saved ? words.saved : ""}</p>
        <div class="decide-buttons">
          <button class="button primary" type="submit">
            {enScheme.save}
          </button>
        </div>
      </form>
    </main>
  );
}

function Plain({ choices, change }: { choices: SiteChoices; change: (part: Partial<SiteChoices>) => void }) {
  return (
    <>
      <div class="field">
        <label for="site-hours">{words.hours}</label>
        <p class="hint" id="site-hours-hint">
          {words.hoursHint}
        </p>
        <input id="site-hours" maxLength={100} aria-describedby="site-hours-hint" value={choices.hours ?? ""} onInput={(event) => change({ hours: event.currentTarget.value || null })} />
      </div>
      {NUMBERS.map((name) => (
        <div class="field" key={name}>
          <label for={`site-${name}`}>{words[name]}</label>
          <input id={`site-${name}`} type="number" inputMode="numeric" min={0} required value={String(choices[name])} onInput={(event) => change({ [name]: event.currentTarget.valueAsNumber || 0 })} />
        </div>
      ))}
      <div class="field">
        <label for="site-kept">{words.kept}</label>
        <p class="hint" id="site-kept-hint">
          {words.keptHint}
        </p>
        <input
          id="site-kept"
          type="number"
          inputMode="numeric"
          min={1}
          aria-describedby="site-kept-hint"
          value={choices.retention_days === null ? "" : String(choices.retention_days)}
          onInput={(event) => change({ retention_days: event.currentTarget.value === "" ? null : event.currentTarget.valueAsNumber })}
        />
      </div>
      <div class="field">
        <label class="check" for="site-family">
          <input id="site-family" type="checkbox" checked={choices.family} onChange={(event) => change({ family: event.currentTarget.checked })} /> {words.family}
        </label>
        <label class="check" for="site-consent">
          <input id="site-consent" type="checkbox" checked={choices.consent} onChange={(event) => change({ consent: event.currentTarget.checked })} /> {words.consent}
        </label>
      </div>
    </>
  );
}

/** Sites whose supervisors see what is held here, and whose held messages ours see: once both have chosen that. */
function Rota({ choices, onChange }: { choices: SiteChoices; onChange: (chosen: string[]) => void }) {
  if (choices.others.length === 0) return null;
  const chosen = (id: string) => choices.shares_with.includes(id);
  return (
    <fieldset class="field">
      <legend>{words.rota}</legend>
      <p class="hint">{words.rotaHint}</p>
      {choices.others.map((other) => (
        <label class="check" key={other.site}>
          <input
            type="checkbox"
            checked={chosen(other.site)}
            onChange={(event) => onChange(event.currentTarget.checked ? [...choices.shares_with, other.site] : choices.shares_with.filter((one) => one !== other.site))}
          />{" "}
          {other.name}
          {chosen(other.site) !== other.agrees && <span class="hint">{other.agrees ? words.theyAgree : words.notYet}</span>}
          {chosen(other.site) && other.agrees && <span class="tag">{words.shared}</span>}
        </label>
      ))}
    </fieldset>
  );
}

function Categories({ all, onChange }: { all: CategoryChoice[]; onChange: (all: CategoryChoice[]) => void }) {
  const set = (at: number, part: Partial<CategoryChoice>) => onChange(all.map((one, other) => (other === at ? { ...one, ...part } : one)));
  return (
    <section class="part">
      <h3>{words.categories}</h3>
      <p class="hint">{words.categoriesHint}</p>
      <div class="table" role="region" aria-label={words.categories} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.category}</th>
              <th scope="col">{words.hold}</th>
              <th scope="col">{words.second}</th>
            </tr>
          </thead>
          <tbody>
            {all.map((one, at) => (
              <tr key={one.category}>
                <th scope="row">{enStaff.category[one.category]}</th>
                <td>
                  <select aria-label={`${words.hold}: ${enStaff.category[one.category]}`} value={one.hold_from} onChange={(event) => set(at, { hold_from: event.currentTarget.value as Severity })}>
                    {SEVERITIES.map((severity) => (
                      <option key={severity} value={severity}>
                        {enStaff.severity[severity]}
                      </option>
                    ))}
                  </select>
                </td>
                <td>
                  <select
                    aria-label={`${words.second}: ${enStaff.category[one.category]}`}
                    value={one.second_from ?? ""}
                    onChange={(event) => set(at, { second_from: (event.currentTarget.value || null) as Severity | null })}
                  >
                    <option value="">{words.never}</option>
                    {SEVERITIES.map((severity) => (
                      <option key={severity} value={severity}>
                        {enStaff.severity[severity]}
                      </option>
                    ))}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
