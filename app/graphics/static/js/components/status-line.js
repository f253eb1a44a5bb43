/** Where a match stands: status, clock, and where it comes from. */

import { h, setText } from "../lib/dom.js";
import { originText, phase, statusText } from "../lib/format.js";

class StatusLine extends HTMLElement {
  #status = h("span", { class: "pill" });
  #clock = h("span", { class: "clock" });
  #origin = h("span", { class: "badge" });

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#status, this.#clock, this.#origin);
  }

  show(match) {
    setText(this.#status, statusText(match.status));
    this.#status.dataset.status = match.status;
    setText(this.#clock, phase(match.status) === "live" ? (match.clock_display ?? "") : "");
    const origin = originText(match.origin);
    setText(this.#origin, origin ?? "");
    this.#origin.hidden = !origin;
    this.#origin.dataset.origin = match.origin;
  }
}

customElements.define("status-line", StatusLine);
