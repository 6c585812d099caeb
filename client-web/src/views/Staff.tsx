// The supervisor's screen: the queue, the open item, and the bar that lets the last decision be undone.

import { useEffect, useRef } from "preact/hooks";
import { signOut } from "../app/api";
import { keyOf } from "../app/keys";
import * as staff from "../app/staff";
import { hrefOfPage, page } from "../app/writing";
import { neighbour } from "../state/queue";
import { t } from "../text/words";
import { enStaff } from "../text/staff";
import { Announcer } from "../ui/Announcer";
import { LinkBanner } from "../ui/LinkBanner";
import { form } from "./Decide";
import { Item, meansRelease } from "./Item";
import { QueueList } from "./QueueList";
import { Settings } from "./Settings";
import { Shelves } from "./Shelves";
import { ReportsButton, ReportsDialog } from "./Reports";
import { UndoBar } from "./UndoBar";

export function Staff() {
  const dialog = useRef<HTMLDialogElement>(null);
  const item = staff.selected.value;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = keyOf(event);
      if (page.value !== null) return;
      if (key === "?") return dialog.current?.showModal();
      if (key !== null && pressed(key)) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  const writes = page.value !== null;
  const onlyLibrary = staff.me.value !== null && staff.me.value.role !== "supervisor";
  useEffect(() => {
    if (onlyLibrary && page.value === null) location.replace(hrefOfPage());
  }, [onlyLibrary]);
  useEffect(() => void document.body.classList.toggle("in-item", item !== null), [item !== null]);
  return (
    <>
      <header class="top">
        <h1>{writes ? enStaff.library.title : enStaff.queue.title}</h1>
        {!onlyLibrary && (
          <a class="button quiet" href={writes ? "#/" : hrefOfPage()}>
            {writes ? enStaff.library.toQueue : enStaff.library.open}
          </a>
        )}
        {!onlyLibrary && <ReportsButton />}
        <button class="button quiet" type="button" onClick={() => dialog.current?.showModal()}>
          {enStaff.queue.settings}
        </button>
        <button class="button quiet" type="button" onClick={() => void signOut()}>
          {t.signOut}
        </button>
      </header>
      <LinkBanner link={staff.link} />
      {writes ? (
        <Shelves />
      ) : (
        <main class="columns">
          <QueueList />
          <div class="open">{item ? <Item key={item.item} item={item} /> : <p class="nothing hint">{enStaff.queue.choose}</p>}</div>
        </main>
      )}
      <UndoBar />
      <ReportsDialog />
      <Settings dialog={dialog} />
      <Announcer />
    </>
  );
}

/** Carries out a key, and says whether it meant anything. */
function pressed(key: string): boolean {
  switch (key) {
    case "J":
      return move(1);
    case "K":
      return move(-1);
    case "P":
      staff.paused.value = !staff.paused.value;
      return true;
    case "U":
      if (staff.done.value) void staff.undo(staff.done.value.item);
      return true;
    case "Escape":
      return leave();
    default:
      return onItem(key);
  }
}

function onItem(key: string): boolean {
  const item = staff.selected.value;
  if (!item || !staff.live.value) return false;
  const can = (act: (typeof item.acts)[number]) => item.acts.includes(act);
  if (key === "R" && can("release")) meansRelease(item);
  else if (key === "E" && can("alter")) form.value = "alter";
  else if (key === "X" && can("reject")) form.value = "reject";
  else if (key === "G" && can("escalate")) form.value = "escalate";
  else if (key === "C" && can("claim")) void staff.claim(item.item);
  else if (key === "C" && can("unclaim")) void staff.giveBack(item.item);
  else return false;
  return true;
}

/** Moves the focus along the rows; with an item open, opens the next. */
function move(by: 1 | -1): boolean {
  const focused = document.activeElement?.closest("[data-item]")?.getAttribute("data-item") ?? null;
  const next = neighbour(staff.rows.value.map((item) => item.item), focused ?? staff.queue.value.selected, by);
  if (next === null) return true;
  document.querySelector<HTMLElement>(`[data-item="${CSS.escape(next)}"]`)?.focus();
  return true;
}

function leave(): boolean {
  if (form.value !== null) {
    form.value = null;
    return true;
  }
  const item = staff.queue.value.selected;
  if (item === null) return false;
  void staff.closeDetail();
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-item="${CSS.escape(item)}"]`)?.focus());
  return true;
}
