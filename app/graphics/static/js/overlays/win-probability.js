/** The lower third: teams, score, clock, and who is how likely to win. For OBS: transparent, and never interrupted. */

import { h, setText } from "../lib/dom.js";
import { DASH, awayName, homeName, originText, phase, statusText } from "../lib/format.js";
import { OverlayStore } from "../lib/overlay-store.js";
import { OUTCOMES } from "../lib/probability.js";

const SMALLEST = 0.5;

class WinProbabilityOverlay extends HTMLElement {
  #home = h("span", { class: "name home" });
  #away = h("span", { class: "name away" });
  #score = h("span", { class: "score" });
  #clock = h("span", { class: "clock" });
  #origin = h("span", { class: "origin", hidden: true });
  #segments = OUTCOMES.map((outcome) => h("i", { class: outcome }));
  #numbers = OUTCOMES.map((outcome) => h("b", { class: outcome }));
  #labels = OUTCOMES.map(() => h("span"));
  #bar = h("div", { class: "bar" }, this.#segments);
  #panel = h("section", { class: "panel", "aria-label": "Win probability", "data-state": "unknown" });
  #tab = h("p", { class: "tab" }, "Win probability", this.#origin);
  #debug = h("p", { class: "debug", hidden: true });
  #store;

  connectedCallback() {
    const query = new URLSearchParams(location.search);
    const id = query.get("match");
    this.#panel.append(
      this.#tab,
      h("header", {}, this.#home, h("div", { class: "middle" }, this.#score, this.#clock), this.#away),
      h("div", { class: "odds" }, this.#bar, h("div", { class: "numbers" }, OUTCOMES.map((outcome, i) => h("div", { class: outcome }, this.#numbers[i], this.#labels[i])))),
    );
    this.append(this.#panel, this.#debug);
    this.#debug.hidden = query.get("debug") !== "1";
    if (!id) {
      // Never on air: without a match there is nothing to show, and whoever set it up must learn why.
      this.#debug.hidden = false;
      setText(this.#debug, "Add ?match=ID to the address");
      return;
    }
    this.#store = new OverlayStore(id);
    this.#store.addEventListener("change", () => this.#draw());
    this.#store.start();
    this.#draw();
  }

  #draw() {
    const { match, probability, stale, connection } = this.#store;
    setText(this.#debug, debugText(connection, match, this.#store.id));
    this.#debug.dataset.state = connection;
    this.#panel.classList.toggle("stale", stale);
    if (!match) return;
    this.#panel.classList.add("on");
    this.#drawMatch(match);
    this.#drawOdds(probability, match);
  }

  #drawMatch(match) {
    fit(this.#home, homeName(match));
    fit(this.#away, awayName(match));
    const started = phase(match.status) !== "upcoming";
    setText(this.#score, started ? `${match.home_score} ${DASH} ${match.away_score}` : "v");
    setText(this.#clock, match.status === "live" ? match.clock_display : statusText(match.status));
    const origin = originText(match.origin);
    setText(this.#origin, origin ?? "");
    this.#origin.hidden = !origin;
  }

  #drawOdds({ state, shares, percents }, match) {
    this.#panel.dataset.state = state;
    const names = [homeName(match), "Draw", awayName(match)];
    OUTCOMES.forEach((_, i) => {
      // The bar slides; numbers change at once: a number that runs through others is wrong on the way.
      this.#segments[i].style.setProperty("flex-grow", String(shares ? shares[i] : 1));
      // What cannot happen any more leaves no gap either.
      this.#segments[i].hidden = shares?.[i] === 0;
      setText(this.#numbers[i], percents ? `${percents[i]}%` : DASH);
      setText(this.#labels[i], names[i]);
    });
  }
}

/** A name on one line: made smaller until it fits. */
function fit(node, name) {
  if (node.textContent === name) return;
  node.textContent = name;
  node.style.removeProperty("font-size");
  if (node.scrollWidth <= node.clientWidth) return;
  const { fontSize, paddingLeft } = getComputedStyle(node);
  const padding = 2 * Number.parseFloat(paddingLeft);
  const ratio = (node.clientWidth - padding) / (node.scrollWidth - padding);
  // Relative to the root, so that it still fits when the browser source is resized.
  const rem = Number.parseFloat(fontSize) / Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  node.style.setProperty("font-size", `${rem * Math.max(ratio * 0.99, SMALLEST)}rem`);
}

function debugText(connection, match, id) {
  if (connection === "live") return match ? "" : `connected, waiting for ${id}`;
  return match ? "reconnecting" : `waiting for ${id}`;
}

customElements.define("win-probability-overlay", WinProbabilityOverlay);
