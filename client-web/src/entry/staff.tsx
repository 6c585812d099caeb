// The page of supervisors and coordinators.

import "../css/staff.css";
import { render } from "preact";
import { startBehind } from "../app/behind";
import { signedInJustNow } from "../app/device";
import { startDuty } from "../app/duty";
import { stayWhileTouched } from "../app/idle";
import { keepTold } from "../app/push";
import { start } from "../app/staff";
import { readStep } from "../app/step";
import { startWorker } from "../core/worker";
import { SetUpPage } from "../views/SecondStep";
import { Staff } from "../views/Staff";

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  const justSignedIn = signedInJustNow();
  startWorker();
  void readStep().then((step) => {
    if (step.ok && step.value.state === "missing") return render(<SetUpPage onDone={() => location.reload()} />, root);
    void keepTold(justSignedIn);
    start();
    startDuty();
    stayWhileTouched();
    startBehind();
    render(<Staff />, root);
  });
}
