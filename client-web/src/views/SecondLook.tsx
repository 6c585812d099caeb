// A message to look at, blind: what one would do, and then what was done.

import { useState } from "preact/hooks";
import { nextLook, sayLook } from "../app/review";
import { dayAndTime } from "../core/time";
import { enDuty } from "../text/duty";
import { enStaff } from "../text/staff";
import type { Category, LookTold, LookView, Opinion } from "../wire/generated";

const words = enDuty.look;
const OPINIONS = Object.keys(words.opinions) as Opinion[];
const CATEGORIES = Object.keys(enStaff.category) as Category[];

export function SecondLook() {
  const [look, setLook] = useState<LookView | null>(null);
  const [told, setTold] = useState<LookTold | null>(null);
  const [said, setSaid] = useState("");
  const [asked, setAsked] = useState(false);
  const next = async () => {
    const got = await nextLook();
    setTold(null);
    setAsked(true);
    setLook(got.ok ? got.value : null);
    setSaid(got.ok ? (got.value === null ? words.none : "") : got.message);
  };
  return (
    <section class="second-look" aria-labelledby="look-title">
      <h2 id="look-title">{words.title}</h2>
      <p class="hint">{words.intro}</p>
      {look && <Shown look={look} />}
      {look && !told && <Say key={look.id} look={look} told={setTold} />}
      {told && <Told told={told} />}
      <p role="status">{said}</p>
      {(!look || told) && (
        <button class="button" type="button" onClick={() => void next()}>
          {asked ? words.next : words.start}
        </button>
      )}
    </section>
  );
}

function Shown({ look }: { look: LookView }) {
  const names = new Map([look.from, ...look.to].map((person) => [person.account, person.name]));
  return (
    <article>
      <h3>{enStaff.queue.fromTo(look.from.name, look.to.map((person) => person.name).join(", "))}</h3>
      {look.asked && <p>{words.asked}</p>}
      <ol class="context" role="list">
        {look.before.map((line) => (
          <li key={line.message}>
            <p class="hint">
              <strong>{names.get(line.from) ?? ""}</strong> <time dateTime={line.at}>{dayAndTime(line.at)}</time>
            </p>
            <p class="context-text">{line.text}</p>
          </li>
        ))}
      </ol>
      <p class="held-text">{look.text}</p>
    </article>
  );
}

function Say({ look, told }: { look: LookView; told: (told: LookTold) => void }) {
  const [opinion, setOpinion] = useState<Opinion | null>(null);
  const [category, setCategory] = useState<Category | "">("");
  const [problem, setProblem] = useState("");
  const say = async () => {
    if (opinion === null) return setProblem(words.needOpinion);
    if (opinion === "keep_back" && category === "") return setProblem(words.needAbout);
    const got = await sayLook(look.id, { opinion, category: opinion === "keep_back" && category !== "" ? category : null });
    if (got.ok) told(got.value);
    else setProblem(got.message);
  };
  return (
    <form
      class="fields"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void say();
      }}
    >
      <p class="problem" role="alert">
        {problem}
      </p>
      <fieldset class="field">
        <legend>{words.question}</legend>
        {OPINIONS.map((one) => (
          <label class="check" key={one}>
            <input type="radio" name="opinion" value={one} checked={opinion === one} onChange={() => setOpinion(one)} />
            {words.opinions[one]}
          </label>
        ))}
      </fieldset>
      {opinion === "keep_back" && (
        <div class="field">
          <label for="look-about">{words.about}</label>
          <select id="look-about" value={category} onChange={(event) => setCategory(event.currentTarget.value as Category | "")}>
            <option value="">{words.choose}</option>
            {CATEGORIES.filter((one) => one !== "filter").map((one) => (
              <option key={one} value={one}>
                {enStaff.category[one]}
              </option>
            ))}
          </select>
        </div>
      )}
      <p>
        <button class="button primary" type="submit">
          {words.say}
        </button>
      </p>
    </form>
  );
}

function Told({ told }: { told: LookTold }) {
  const done = told.passed ? words.passed : words.decided(told.outcome ? enStaff.outcome[told.outcome] : "", told.by ?? "");
  return (
    <p role="status">
      <strong>{told.agrees ? words.agrees : words.differs}</strong> {done}
    </p>
  );
}
