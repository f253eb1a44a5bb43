/** The lower third of a football game: who has the ball, which down, where. */

import { h, s, setText } from "../../lib/dom.js";
import { DASH } from "../../lib/format.js";
import { OverlayFeed } from "../../lib/overlay-feed.js";
import { LowerThird, fit } from "../../overlays/lower-third.js";
import { downText, lineToGain, placeOf, situationOf, spotText, teamOf } from "./situation.js";

const HEIGHT = 5;

class SituationOverlay extends LowerThird {
  label = "Down & distance";
  #team = h("span", { class: "ball-team" });
  #down = h("b", { class: "big" });
  #spot = h("span", { class: "at" });
  #strip = s("svg", { class: "strip", viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });

  feed(id) {
    return new OverlayFeed(id, ["situation"]);
  }

  content() {
    return [h("div", { class: "odds situation" }, h("div", { class: "three" }, this.#team, this.#down, this.#spot), this.#strip)];
  }

  draw({ match, latest }) {
    const situation = situationOf(match, latest.get("situation"));
    const side = situation?.side;
    this.#team.className = `ball-team ${side ?? ""}`;
    const name = side ? teamOf(match, side) : "";
    const receives = situation?.due === "kick-off";
    fit(this.#team, receives ? "" : name);
    setText(this.#down, downText(match, situation) ?? DASH);
    setText(this.#spot, situation?.due === "snap" ? spotText(match, side, situation.toGoal) : receives ? `${name} receive` : "");
    this.#strip.replaceChildren(...marks(situation));
    return situation ? "ok" : "unknown";
  }
}

/** The field from the home team's goal line on the left: ball, line to gain, and the way to it. */
function marks(situation) {
  const nodes = Array.from({ length: 11 }, (_, index) => s("line", { class: "yard", x1: index * 10, x2: index * 10, y1: 0, y2: HEIGHT }));
  if (situation?.due !== "snap") return nodes;
  const [ball, gain] = [placeOf(situation.side, situation.toGoal), lineToGain(situation)];
  return [
    ...nodes,
    s("rect", { class: `way ${situation.side}`, x: Math.min(ball, gain), y: 0, width: Math.abs(gain - ball), height: HEIGHT }),
    s("rect", { class: "gain", x: gain - 0.25, y: 0, width: 0.5, height: HEIGHT }),
    s("rect", { class: "spot", x: ball - 0.35, y: 0, width: 0.7, height: HEIGHT }),
  ];
}

customElements.define("situation-overlay", SituationOverlay);
