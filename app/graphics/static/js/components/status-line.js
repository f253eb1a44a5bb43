/** Where a match stands: status, clock, and where it comes from. */

import { h, setText } from "../lib/dom.js";
import { originText, phase, statusText } from "../lib/format.js";

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const TIME = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

class StatusLine extends HTMLElement {
  #status = h("span", { class: "pill" });
  #clock = h("span", { class: "clock" });
  #origin = h("span", { class: "badge" });

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#status, this.#clock, this.#origin);
  }

  show(match) {
    // Only what happens now is called live: a replay in play is not.
    const onAir = match.status === "live" && match.origin === "live";
    setText(this.#status, match.status === "live" && !onAir ? "In play" : statusText(match.status));
    this.#status.classList.toggle("on-air", onAir);
    this.#status.classList.toggle("in-play", match.status === "live" && !onAir);
    setText(this.#clock, timeOf(match));
    this.#clock.dataset.phase = phase(match.status);
    const origin = originText(match.origin);
    setText(this.#origin, origin ?? "");
    this.#origin.hidden = !origin;
    this.#origin.dataset.origin = match.origin;
  }
}

/** The clock while it runs, when it will, or the day it did. */
function timeOf(match) {
  const now = phase(match.status);
  if (now === "live") return match.clock_display ?? "";
  if (!match.anchor_at) return "";
  return (now === "upcoming" ? TIME : DAY).format(new Date(match.anchor_at));
}

customElements.define("status-line", StatusLine);
