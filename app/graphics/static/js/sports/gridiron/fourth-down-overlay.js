/** The lower third of a fourth down: what going, kicking and punting are worth. */

import { h, setText } from "../../lib/dom.js";
import { DASH } from "../../lib/format.js";
import { OverlayFeed } from "../../lib/overlay-feed.js";
import { LowerThird } from "../../overlays/lower-third.js";
import { callText, decisionOf, percent } from "./decision.js";
import { situationOf, situationText } from "./situation.js";

const BOXES = ["Go for it", "Field goal", "Punt"];

class FourthDownOverlay extends LowerThird {
  label = "Fourth down";
  #where = h("span", { class: "where" });
  #call = h("b", { class: "call" });
  #boxes = BOXES.map((title) => ({ title, number: h("b"), box: h("div", { class: "choice" }) }));

  feed(id) {
    return new OverlayFeed(id, ["situation", "fourth_down"]);
  }

  content() {
    for (const { title, number, box } of this.#boxes) box.append(number, h("span", {}, title));
    return [
      h("div", { class: "odds fourth" }, h("div", { class: "choices" }, this.#boxes.map(({ box }) => box)), h("p", { class: "verdict" }, this.#where, this.#call)),
    ];
  }

  draw({ match, latest }) {
    const situation = situationOf(match, latest.get("situation"));
    const decision = decisionOf(latest.get("fourth_down"), situation);
    setText(this.#where, situationText(match, situation));
    setText(this.#call, decision ? callText(decision) : "");
    for (const { title, number, box } of this.#boxes) {
      const choice = decision?.choices.find((one) => one.title === title);
      setText(number, choice ? percent(choice.chance) : DASH);
      box.className = `choice${choice?.best && !decision.tossUp ? " best" : ""}${choice ? "" : " closed"}`;
    }
    return decision ? "ok" : "unknown";
  }
}

customElements.define("fourth-down-overlay", FourthDownOverlay);
