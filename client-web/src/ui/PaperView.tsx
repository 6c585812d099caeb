// A paper as it is read: its answers in the order of its form.

import { dayAndTime, day } from "../core/time";
import type { Answer, FormView, InputView, PaperView } from "../wire/generated";
import type { FormWords } from "./PaperForm";

interface Props {
  paper: Pick<PaperView, "answers">;
  form: FormView | undefined;
  words: FormWords & { yes: string; no: string; erased: string };
  people?: { account: string; name: string }[];
}

export function PaperAnswers({ paper, form, words, people = [] }: Props) {
  const { answers } = paper;
  if (answers === null) return <p class="hint">{words.erased}</p>;
  return (
    <dl class="answers">
      {form?.fields.map((field) => {
        const answer = answers[field.name];
        if (answer === undefined) return null;
        return (
          <div key={field.name}>
            <dt>{words.fields[field.name] ?? field.name}</dt>
            <dd>{shown(answer, field.input, words, people)}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function shown(answer: Answer, input: InputView, words: Props["words"], people: { account: string; name: string }[]): string {
  if (typeof answer === "boolean") return answer ? words.yes : words.no;
  if (typeof answer === "number") return String(answer);
  if (Array.isArray(answer)) {
    const name = (word: string) => (input.kind === "people" ? (people.find((one) => one.account === word)?.name ?? word) : (words.words[word] ?? word));
    return answer.map(name).join(", ");
  }
  if (input.kind === "choice") return words.words[answer] ?? answer;
  if (input.kind === "day") return day(new Date(`${answer}T12:00:00`), new Date());
  return input.kind === "moment" ? dayAndTime(answer) : answer;
}
