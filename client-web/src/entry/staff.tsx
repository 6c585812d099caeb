// The page of supervisors and coordinators.

import "../css/staff.css";
import { render } from "preact";
import { startBehind } from "../app/behind";
import { signedInJustNow } from "../app/device";
import { startDuty } from "../app/duty";
import { keepTold } from "../app/push";
import { start } from "../app/staff";
import { startWorker } from "../core/worker";
import { Staff } from "../views/Staff";

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  const justSignedIn = signedInJustNow();
  startWorker();
  void keepTold(justSignedIn);
  start();
  startDuty();
  startBehind();
  render(<Staff />, root);
}
