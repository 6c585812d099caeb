// The messenger: conversations and the open one, side by side where there is room.

import { useEffect } from "preact/hooks";
import { guardFiles } from "../app/files";
import { goodbye } from "../app/goodbye";
import { closeHelp, current, link, state } from "../app/messenger";
import { hrefOfLibrary, hrefOfPlan, opened, planned, shelf } from "../app/route";
import { t } from "../text/words";
import { Announcer } from "../ui/Announcer";
import { Exit } from "../ui/Exit";
import { HelpNow, HelpPanel } from "../ui/HelpNow";
import { Icon } from "../ui/Icon";
import { LinkBanner } from "../ui/LinkBanner";
import { LockSoon } from "../ui/LockSoon";
import { Conversation } from "./Conversation";
import { ConversationList } from "./ConversationList";
import { HowItWorks } from "./HowItWorks";
import { Library } from "./Library";
import { MeButton } from "./Me";
import { PlanPage } from "./PlanPage";

export function Messenger() {
  const { me, threads, help } = state.value;
  const thread = current.value;
  const many = Object.keys(threads).length > 1;
  useEffect(() => void document.body.classList.toggle("in-chat", thread !== null), [thread !== null]);
  useEffect(() => guardFiles(document), []);
  const place = shelf.value;
  return (
    <>
      <header class="top">
        <h1 class="brand">{t.chats.title}</h1>
        <HelpNow />
        <Exit goodbye={goodbye} />
        <MeButton />
      </header>
      <LinkBanner link={link} />
      <LockSoon />
      <HelpPanel articles={help} onClose={closeHelp} />
      {place ? (
        <Library shelf={place} />
      ) : planned.value !== null ? (
        <PlanPage key={planned.value} conversation={planned.value} />
      ) : (
        <main class={many ? "columns" : "columns one"}>
          {many && me && <ConversationList me={me} />}
          <div class="open">
            {thread && me ? (
              <Conversation key={thread.view.id} thread={thread} me={me} back={many && opened.value !== null} />
            ) : (
              <Nothing />
            )}
          </div>
        </main>
      )}
      <HowItWorks />
      <Announcer />
    </>
  );
}

function Nothing() {
  const none = state.value.me !== null && Object.keys(state.value.threads).length === 0;
  if (state.value.me === null) return <p class="loading">{t.link.connecting}</p>;
  return (
    <div class="nothing">
      <h2>{t.chats.title}</h2>
      <p>{none ? t.chats.none : t.chats.choose}</p>
      {state.value.me.role === "guest_officer" && (
        <a class="button quiet" href={hrefOfPlan("feedback")}>
          <Icon name="pencil" />
          {t.chats.feedback}
        </a>
      )}
      <a class="button quiet" href={hrefOfLibrary()}>
        <Icon name="book" />
        {t.library.title}
      </a>
    </div>
  );
}
