// The page of mentees and mentors. A locked one loads nothing but the lock.

import "../css/messenger.css";
import { render } from "preact";
import { applyLook, own, signedInJustNow } from "../app/device";
import { goodbye } from "../app/goodbye";
import { stayWhileTouched } from "../app/idle";
import { forgetLast } from "../app/last";
import { forgetSaved } from "../app/library";
import { locked, lockWhenIdle, openByPassword } from "../app/lock";
import { start } from "../app/messenger";
import { keepTold } from "../app/push";
import { listenForExit } from "../core/exit";
import { followKeyboard } from "../core/viewport";
import { startWorker } from "../core/worker";
import { speakChosen } from "../text/words";
import { Lock } from "../views/Lock";
import { Messenger } from "../views/Messenger";

const root = document.getElementById("app");

function open(page: HTMLElement): void {
  start();
  lockWhenIdle();
  stayWhileTouched();
  render(<Messenger />, page);
}

async function begin(page: HTMLElement): Promise<void> {
  listenForExit(goodbye);
  const justSignedIn = signedInJustNow();
  if (justSignedIn) {
    openByPassword(own.value);
    // What was kept here may be another one's.
    void forgetLast();
    if (!own.value) void forgetSaved();
  }
  applyLook();
  startWorker();
  followKeyboard();
  await speakChosen();
  void keepTold(justSignedIn);
  page.replaceChildren();
  if (locked()) render(<Lock onOpen={() => open(page)} />, page);
  else open(page);
}

if (root) void begin(root);
