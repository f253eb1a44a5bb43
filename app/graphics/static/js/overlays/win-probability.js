/** The lower third of a match: who is how likely to win. */

import { h, setText } from "../lib/dom.js";
import { DASH, outcomeName } from "../lib/format.js";
import { LowerThird } from "./lower-third.js";
import { ProbabilityFeed } from "./probability-feed.js";

class WinProbabilityOverlay extends LowerThird {
  label = "Win probability";
  #segments = [];
  #numbers = [];
  #labels = [];
  #bar = h("div", { class: "bar" });
  #row = h("div", { class: "numbers" });

  feed(id) {
    return new ProbabilityFeed(id);
  }

  content() {
    return [h("div", { class: "odds" }, this.#bar, this.#row)];
  }

  #build(outcomes) {
    this.#segments = outcomes.map((outcome) => h("i", { class: outcome }));
    this.#numbers = outcomes.map((outcome) => h("b", { class: outcome }));
    this.#labels = outcomes.map(() => h("span"));
    this.#bar.replaceChildren(...this.#segments);
    this.#row.replaceChildren(...outcomes.map((outcome, i) => h("div", { class: outcome }, this.#numbers[i], this.#labels[i])));
  }

  draw({ match, page, probability }) {
    const { state, shares, percents } = probability;
    if (this.#segments.length !== page.outcomes.length) this.#build(page.outcomes);
    page.outcomes.forEach((outcome, i) => {
      // The bar slides; numbers change at once: a number that runs through others is wrong on the way.
      this.#segments[i].style.setProperty("flex-grow", String(shares ? shares[i] : 1));
      // What cannot happen any more leaves no gap either.
      this.#segments[i].hidden = shares?.[i] === 0;
      setText(this.#numbers[i], percents ? `${percents[i]}%` : DASH);
      setText(this.#labels[i], outcomeName(match, outcome));
    });
    return state;
  }
}

customElements.define("win-probability-overlay", WinProbabilityOverlay);
