// A page that needs no script: this one only lets it be left in a hurry, and keeps it for when there is no network.

import "../css/signin.css";
import { leave, listenForExit } from "../core/exit";
import { startWorker } from "../core/worker";

const nothing = () => undefined;

listenForExit(nothing);
startWorker();
document.getElementById("exit")?.addEventListener("click", (event) => {
  event.preventDefault();
  leave(nothing);
});
