// The supervisor's screen: the queue, the open item, and the bar that lets the last decision be undone.

import { useEffect, useRef } from "preact/hooks";
import { signOut } from "../app/api";
import { keyOf } from "../app/keys";
import * as staff from "../app/staff";
import { more, reading } from "../app/behind";
import { readDuty } from "../app/duty";
import { hrefOf, part, place, type Place } from "../app/place";
import { neighbour } from "../state/queue";
import { t } from "../text/words";
import { enDuty } from "../text/duty";
import { enScheme } from "../text/scheme";
import { enStaff } from "../text/staff";
import { Announcer } from "../ui/Announcer";
import { LinkBanner } from "../ui/LinkBanner";
import { LockSoon } from "../ui/LockSoon";
import { form } from "./Decide";
import { Decisions } from "./Decisions";
import { DutyBars, DutyButton, DutyDialog } from "./Duty";
import { Item, meansRelease } from "./Item";
import { Oversight } from "./Oversight";
import { ProveDialog } from "./SecondStep";
import { QueueList, reach } from "./QueueList";
import { ReadingDialog } from "./Reading";
import { Settings } from "./Settings";
import { Shelves } from "./Shelves";
import { ReportsButton, ReportsDialog } from "./Reports";
import { Home } from "./scheme/Home";
import { Match } from "./scheme/Match";
import { People } from "./scheme/People";
import { Person } from "./scheme/Person";
import { Relationship, Relationships } from "./scheme/Relationships";
import { Report } from "./scheme/Report";
import { Roles } from "./scheme/Roles";
import { SitePage } from "./scheme/SitePage";
import { SitePapers } from "./scheme/SitePapers";
import { TogetherDialog } from "./Together";
import { UndoBar } from "./UndoBar";
import type { ItemView } from "../wire/generated";

export function Staff() {
  const dialog = useRef<HTMLDialogElement>(null);
  const item = staff.selected.value;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const key = keyOf(event);
      if (place.value !== "queue") return;
      if (key === "?") return dialog.current?.showModal();
      if (key !== null && pressed(key)) event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  const supervises = staff.me.value === null || staff.me.value.role === "supervisor";
  useEffect(() => {
    // A coordinator has no queue: they begin with what is to be done.
    if (!supervises && (place.value === "queue" || place.value === "decisions")) location.replace(hrefOf("home"));
  }, [supervises, place.value]);
  useEffect(() => void readDuty(), [staff.me.value?.id, staff.live.value]);
  useEffect(() => void document.body.classList.toggle("in-item", item !== null && place.value === "queue"), [item !== null, place.value]);
  return (
    <>
      <header class="top">
        <h1>{TITLES[place.value]}</h1>
        <Places supervises={supervises} />
        <DutyButton />
        {supervises && <ReportsButton />}
        <button class="button quiet" type="button" onClick={() => dialog.current?.showModal()}>
          {enStaff.queue.settings}
        </button>
        <button class="button quiet" type="button" onClick={() => void signOut()}>
          {t.signOut}
        </button>
      </header>
      <LinkBanner link={staff.link} />
      <LockSoon />
      <DutyBars />
      <Page item={item} />
      <UndoBar />
      <ReportsDialog />
      <DutyDialog />
      <ReadingDialog />
      <TogetherDialog />
      <ProveDialog />
      <Settings dialog={dialog} />
      <Announcer />
    </>
  );
}

const TITLES: Record<Place, string> = {
  queue: enStaff.queue.title,
  decisions: enDuty.decisions.title,
  oversight: enDuty.numbers.title,
  library: enStaff.library.title,
  home: enScheme.home.title,
  people: enScheme.people.title,
  relationships: enScheme.relationships.title,
  match: enScheme.people.title,
  scheme: enScheme.report.title,
  site: enScheme.site.title,
  papers: enScheme.sitePapers.title,
  roles: enScheme.roles.title,
};

const NAMES: Partial<Record<Place, string>> = { ...enDuty.nav, ...enScheme.nav };
/** The page whose name in the menu is marked. */
const UNDER: Partial<Record<Place, Place>> = { match: "people", roles: "site", papers: "site" };

function Places({ supervises }: { supervises: boolean }) {
  const all: Place[] = supervises
    ? ["queue", "home", "decisions", "oversight", "library"]
    : ["home", "people", "relationships", "scheme", "oversight", "library", "site"];
  const here = UNDER[place.value] ?? place.value;
  return (
    <nav class="places" aria-label={enDuty.nav.label}>
      {all.map((one) => (
        <a key={one} class="button quiet" href={hrefOf(one)} aria-current={here === one ? "page" : undefined}>
          {NAMES[one]}
        </a>
      ))}
    </nav>
  );
}

function Page({ item }: { item: ItemView | null }) {
  switch (place.value) {
    case "library":
      return <Shelves />;
    case "decisions":
      return <Decisions />;
    case "oversight":
      return <Oversight />;
    case "home":
      return <Home />;
    case "people":
      return part.value === null ? <People /> : <Person key={part.value} id={part.value} />;
    case "relationships":
      return part.value === null ? <Relationships /> : <Relationship key={part.value} id={part.value} />;
    case "match":
      return part.value === null ? <People /> : <Match key={part.value} id={part.value} />;
    case "scheme":
      return <Report />;
    case "site":
      return <SitePage />;
    case "papers":
      return <SitePapers />;
    case "roles":
      return <Roles />;
    case "queue":
      return (
        <main class="columns">
          <QueueList />
          <div class="open">{item ? <Item key={item.item} item={item} /> : <p class="nothing hint">{enStaff.queue.choose}</p>}</div>
        </main>
      );
  }
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
    case "/":
      document.querySelector<HTMLElement>(".filters select")?.focus();
      return true;
    case "Escape":
      return leave();
    default:
      return onItem(key);
  }
}

function onItem(key: string): boolean {
  const item = staff.selected.value;
  if (item && (key === "M" || key === "H")) {
    // Reading needs no live queue.
    if (key === "M") more.value = !more.value;
    else reading.value = item.conversation;
    return true;
  }
  if (!item || !staff.live.value) return false;
  const can = (act: (typeof item.acts)[number]) => item.acts.includes(act);
  if (key === "R" && can("release")) meansRelease(item);
  else if (key === "E" && can("alter")) form.value = "alter";
  else if (key === "X" && can("reject")) form.value = "reject";
  else if (key === "G" && can("escalate")) form.value = "escalate";
  else if (key === "N" && can("note")) form.value = "note";
  else if (key === "A" && can("acknowledge")) void staff.acknowledge(item.item);
  else if (key === "C" && can("claim")) void staff.claim(item.item);
  else if (key === "C" && can("unclaim")) void staff.giveBack(item.item);
  else return false;
  return true;
}

/** Moves the focus along the rows; with an item open, opens the next. */
function move(by: 1 | -1): boolean {
  const focused = document.activeElement?.closest("[data-item]")?.getAttribute("data-item") ?? null;
  const rows = staff.rows.value.map((item) => item.item);
  const next = neighbour(rows, focused ?? staff.queue.value.selected, by);
  if (next === null) return true;
  reach(rows.indexOf(next));
  if (!focusRow(next)) requestAnimationFrame(() => focusRow(next));
  return true;
}

/** Says whether the row is drawn. */
function focusRow(item: string): boolean {
  const row = document.querySelector<HTMLElement>(`[data-item="${CSS.escape(item)}"]`);
  row?.focus();
  return row !== null;
}

function leave(): boolean {
  if (form.value !== null) {
    form.value = null;
    return true;
  }
  const item = staff.queue.value.selected;
  if (item === null) return false;
  void staff.closeDetail();
  requestAnimationFrame(() => focusRow(item));
  return true;
}
