// The page of supervisors and coordinators.

import "../css/staff.css";
import { render } from "preact";
import { start } from "../app/staff";
import { Staff } from "../views/Staff";

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  start();
  render(<Staff />, root);
}
