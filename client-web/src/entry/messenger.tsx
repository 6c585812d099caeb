// The page of mentees and mentors.

import "../css/messenger.css";
import { render } from "preact";
import { start } from "../app/messenger";
import { followKeyboard } from "../core/viewport";
import { Messenger } from "../views/Messenger";

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  followKeyboard();
  start();
  render(<Messenger />, root);
}
