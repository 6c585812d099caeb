// What happens to this device when somebody leaves in a hurry: one's own phone with a PIN locks; any other forgets and signs out.

import { signOutInAHurry } from "./api";
import { own } from "./device";
import { forgetLast } from "./last";
import { forgetSaved } from "./library";
import { markLocked, pin } from "./lock";

export function goodbye(): void {
  if (own.value && pin.value) return markLocked();
  void forgetLast();
  void forgetSaved();
  signOutInAHurry();
}
