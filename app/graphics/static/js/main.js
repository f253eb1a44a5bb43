/** Which view the address asks for, and the way between them. */

import { ListView } from "./views/list-view.js";
import { MatchView } from "./views/match-view.js";
import "./components/connection.js";

const main = document.getElementById("main");
const lamp = document.querySelector("connection-state");
const banner = document.querySelector("connection-banner");
const shell = {
  connection(state, text) {
    lamp.show(state);
    banner.show(text);
  },
};

let view = null;

function show() {
  view?.stop();
  const id = new URLSearchParams(location.search).get("match");
  view = id ? new MatchView(id, shell) : new ListView(shell);
  main.replaceChildren(view.element);
  view.start();
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-route]") : null;
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!link || !plain || event.defaultPrevented) return;
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  show();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
});
addEventListener("popstate", show);
show();
