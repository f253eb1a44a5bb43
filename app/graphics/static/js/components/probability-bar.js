/** Three-way win probability as one bar with its three numbers under it. */

import { h, setText } from "../lib/dom.js";
import { DASH, awayName, homeName } from "../lib/format.js";
import { OUTCOMES } from "../lib/probability.js";

class ProbabilityBar extends HTMLElement {
  #segments = OUTCOMES.map((outcome) => h("i", { class: outcome }));
  #numbers = OUTCOMES.map((outcome) => h("b", { class: outcome }));
  #names = OUTCOMES.map(() => h("span"));
  #bar = h("div", { class: "bar3", "aria-hidden": "true" }, this.#segments);

  connectedCallback() {
    if (this.childElementCount) return;
    this.setAttribute("role", "img");
    this.append(
      this.#bar,
      h("div", { class: "bar3-numbers", "aria-hidden": "true" }, OUTCOMES.map((outcome, i) => h("span", { class: outcome }, this.#numbers[i], " ", this.#names[i]))),
    );
  }

  /**
   * @param {import("../lib/probability.js").Probability} probability
   * @param {object} match
   */
  show(probability, match) {
    const { state, shares, percents } = probability;
    const names = [homeName(match), "Draw", awayName(match)];
    this.dataset.state = state;
    OUTCOMES.forEach((_, i) => {
      // Without numbers the bar is three even, colourless parts: nothing that could be read as a value.
      this.#segments[i].style.setProperty("flex-grow", String(shares ? shares[i] : 1));
      // What cannot happen any more leaves no gap either.
      this.#segments[i].hidden = shares?.[i] === 0;
      setText(this.#numbers[i], percents ? `${percents[i]}%` : DASH);
      setText(this.#names[i], names[i]);
    });
    const said = percents ? names.map((name, i) => `${name} ${percents[i]} percent`).join(", ") : state === "suspended" ? "suspended" : "not known yet";
    this.setAttribute("aria-label", `Win probability: ${said}`);
  }
}

customElements.define("probability-bar", ProbabilityBar);
