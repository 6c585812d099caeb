// One conversation: who it is with, what was said, and the field to write in.

import { useEffect, useRef } from "preact/hooks";
import { link } from "../app/messenger";
import { hrefOfLibrary, hrefOfPlan } from "../app/route";
import type { Thread } from "../state/messenger";
import { t } from "../text/words";
import { Icon } from "../ui/Icon";
import { linkWords } from "../ui/LinkBanner";
import type { Me } from "../wire/generated";
import { Composer } from "./Composer";
import { others } from "./ConversationList";
import { MessageDetails } from "./MessageDetails";
import { MessageList } from "./MessageList";
import { TellButton, TellTeam } from "./TellTeam";

export function Conversation({ thread, me, back }: { thread: Thread; me: Me; back: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const name = others(thread, me);
  useEffect(() => {
    // On a phone the field would open the keyboard over what one came to read.
    if (matchMedia("(pointer: fine) and (min-width: 800px)").matches) document.getElementById("composer")?.focus();
    else if (back) heading.current?.focus();
  }, []);
  return (
    <section class="chat" aria-label={name}>
      <header class="chat-top">
        {back && (
          <a class="back" href="#/">
            <Icon name="back" />
            <span class="sr">{t.chats.back}</span>
          </a>
        )}
        <div class="chat-who">
          <h2 tabIndex={-1} ref={heading}>
            {name}
          </h2>
          <p class="hint">
            <Presence thread={thread} me={me} />
            {" · "}
            <a class="plan-link" href={hrefOfPlan(thread.view.id)}>
              {t.chat.plan}
            </a>
          </p>
        </div>
        <p class={`connection ${link.state.value.live ? "live" : "off"}`}>
          <span class="dot" aria-hidden="true" />
          {link.state.value.live ? t.link.live : linkWords(link).replace(/\. .*/, "")}
        </p>
        <div class="chat-acts">
          <a class="button quiet" href={hrefOfLibrary()}>
            <Icon name="book" />
            {t.library.title}
          </a>
          <TellButton conversation={thread.view.id} />
        </div>
      </header>
      <MessageList thread={thread} me={me} />
      <Composer thread={thread} me={me} name={name} />
      <MessageDetails thread={thread} me={me} />
      <TellTeam thread={thread} me={me} />
    </section>
  );
}

function Presence({ thread, me }: { thread: Thread; me: Me }) {
  const parties = thread.view.parties.filter((party) => party.account !== me.id);
  const known = link.state.value.live;
  return (
    <>
      {parties.map((party, at) => (
        <span key={party.account}>
          {at > 0 && ", "}
          {parties.length > 1 && `${party.name}: `}
          {known ? t.presence[party.presence] : ""}
          {known && ", "}
          {t.role[party.role]}
        </span>
      ))}
    </>
  );
}
