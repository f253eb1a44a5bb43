/** What every lower third has: its title, teams, score and clock. For OBS: transparent, and never interrupted. */

import { h, setText } from "../lib/dom.js";
import { DASH, awayName, homeName, originText, phase, statusText } from "../lib/format.js";

const SMALLEST = 0.5;

/**
 * A subclass says `label` (its title), `feed(id)` (an OverlayFeed), `content()` (what is under the header) and `draw(feed)`,
 * which fills it and returns "ok" or "unknown", for how it looks.
 */
export class LowerThird extends HTMLElement {
  #home = h("span", { class: "name home" });
  #away = h("span", { class: "name away" });
  #score = h("span", { class: "score" });
  #clock = h("span", { class: "clock" });
  #origin = h("span", { class: "origin", hidden: true });
  #panel = h("section", { class: "panel", "data-state": "unknown" });
  #debug = h("p", { class: "debug", hidden: true });
  #feed;

  connectedCallback() {
    const query = new URLSearchParams(location.search);
    const id = query.get("match");
    this.#panel.setAttribute("aria-label", this.label);
    this.#panel.append(
      h("p", { class: "tab" }, this.label, this.#origin),
      h("header", {}, this.#home, h("div", { class: "middle" }, this.#score, this.#clock), this.#away),
      ...this.content(),
    );
    this.append(this.#panel, this.#debug);
    this.#debug.hidden = query.get("debug") !== "1";
    if (!id) {
      // Never on air: without a match there is nothing to show, and whoever set it up must learn why.
      this.#debug.hidden = false;
      setText(this.#debug, "Add ?match=ID to the address");
      return;
    }
    this.#feed = this.feed(id);
    this.#feed.addEventListener("change", () => this.#draw());
    this.#feed.start();
    this.#draw();
  }

  #draw() {
    const { match, stale, connection, id } = this.#feed;
    setText(this.#debug, debugText(connection, match, id));
    this.#debug.dataset.state = connection;
    this.#panel.classList.toggle("stale", stale);
    if (!match) return;
    this.#panel.classList.add("on");
    this.#drawMatch(match);
    this.#panel.dataset.state = this.draw(this.#feed);
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
}

/** A name on one line: made smaller until it fits. */
export function fit(node, name) {
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
