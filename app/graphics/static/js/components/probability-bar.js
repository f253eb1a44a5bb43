/** Win probability as one bar with its numbers under it, one an outcome. */

import { h, setText } from "../lib/dom.js";
import { DASH, outcomeName } from "../lib/format.js";

class ProbabilityBar extends HTMLElement {
  #segments = [];
  #numbers = [];
  #names = [];

  #build(outcomes) {
    this.#segments = outcomes.map((outcome) => h("i", { class: outcome }));
    this.#numbers = outcomes.map((outcome) => h("b", { class: outcome }));
    this.#names = outcomes.map(() => h("span"));
    this.setAttribute("role", "img");
    this.replaceChildren(
      h("div", { class: "bar3", "aria-hidden": "true" }, this.#segments),
      h("div", { class: "bar3-numbers", "aria-hidden": "true" }, outcomes.map((outcome, i) => h("span", { class: outcome }, this.#numbers[i], " ", this.#names[i]))),
    );
  }

  /**
   * @param {import("../lib/probability.js").Probability} probability
   * @param {object} match
   * @param {string[]} outcomes of the sport
   */
  show(probability, match, outcomes) {
    if (this.#segments.length !== outcomes.length) this.#build(outcomes);
    const { state, shares, percents } = probability;
    const names = outcomes.map((outcome) => outcomeName(match, outcome));
    this.dataset.state = state;
    outcomes.forEach((_, i) => {
      // Without numbers the bar is even, colourless parts: nothing that could be read as a value.
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
