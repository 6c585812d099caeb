// Leaving in a hurry: at once, to a page that says nothing, and with no way back. The browser keeps earlier pages of this tab in its
// history; a tab that was left so sends whoever presses Back to the same neutral page.

const LEFT_KEY = "handrail.left";
const NEUTRAL = "/leave";
/** So many presses of Shift, each within this time of the last, leave as well (as in the GOV.UK Design System's "Exit this page"). */
export const SHIFTS = 3;
export const SHIFT_WITHIN_MS = 5_000;

/** Counts lone presses of Shift: one that makes a capital letter is not one. */
export interface Shifts {
  count: number;
  at: number;
  alone: boolean;
}

export const noShifts: Shifts = { count: 0, at: 0, alone: false };

export function pressed(shifts: Shifts, key: string, down: boolean, now: number): Shifts {
  if (key !== "Shift") return down ? noShifts : shifts;
  if (down) return { ...shifts, alone: true };
  if (!shifts.alone) return noShifts;
  const count = now - shifts.at <= SHIFT_WITHIN_MS ? shifts.count + 1 : 1;
  return { count, at: now, alone: false };
}

/** Leaves. `goodbye` does what must be done before, and may not wait for anything. */
export function leave(goodbye: () => void): void {
  document.documentElement.hidden = true;
  document.title = "";
  try {
    goodbye();
  } finally {
    mark();
    go();
  }
}

/** Lets three Shifts leave, and sends Back away from a tab that was left. Gives the way to stop listening. */
export function listenForExit(goodbye: () => void): () => void {
  sendBackAway();
  let shifts = noShifts;
  const key = (event: KeyboardEvent) => {
    if (event.repeat) return;
    shifts = pressed(shifts, event.key, event.type === "keydown", Date.now());
    if (shifts.count < SHIFTS) return;
    shifts = noShifts;
    leave(goodbye);
  };
  addEventListener("keydown", key);
  addEventListener("keyup", key);
  return () => {
    removeEventListener("keydown", key);
    removeEventListener("keyup", key);
  };
}

function sendBackAway(): void {
  addEventListener("pageshow", (event) => {
    if (event.persisted && marked()) go();
  });
  if (!marked()) return;
  const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (visit?.type === "back_forward") {
    document.documentElement.hidden = true;
    return go();
  }
  // Somebody asked for this page anew.
  unmark();
}

/** Without a network the neutral page would be an error that names us. */
function go(): void {
  location.replace(navigator.onLine ? NEUTRAL : "about:blank");
}

function mark(): void {
  try {
    sessionStorage.setItem(LEFT_KEY, "yes");
  } catch {
    // Then only this page is gone from the history.
  }
}

function unmark(): void {
  sessionStorage.removeItem(LEFT_KEY);
}

function marked(): boolean {
  try {
    return sessionStorage.getItem(LEFT_KEY) !== null;
  } catch {
    return false;
  }
}
