// How it works (M2): four short cards, once after the first sign-in, and from Get help now ever after.

import { closeHow, showingHow } from "../app/welcome";
import { t } from "../text/words";
import { Icon, type IconName } from "../ui/Icon";
import { Modal } from "../ui/Modal";

const ICONS: IconName[] = ["eye", "clock", "stop", "heart"];

export function HowItWorks() {
  if (!showingHow.value) return null;
  return (
    <Modal id="how-title" title={t.how.title} onClose={closeHow}>
      <ol class="cards" role="list">
        {t.how.cards.map((card, at) => (
          <li key={card.title}>
            <h3>
              <Icon name={ICONS[at] ?? "question"} />
              {card.title}
            </h3>
            <p>{card.text}</p>
          </li>
        ))}
      </ol>
      <p class="buttons">
        <button class="button primary" type="button" onClick={closeHow}>
          {t.how.start}
        </button>
      </p>
    </Modal>
  );
}
