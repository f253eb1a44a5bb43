/** The fourth-down card: what going, kicking and punting are worth, which is best, and how sure that is. */

import { h, s, setText } from "../../lib/dom.js";
import { callText, percent, points } from "./decision.js";
import { situationText } from "./situation.js";

const SCALE_W = 300;
const SCALE_H = 46;
const AXIS_Y = 24;
const LEAST_REACH = 0.04;

class FourthCard extends HTMLElement {
  #where = h("p", { class: "fourth-where" });
  #call = h("p", { class: "fourth-call" });
  #rows = h("ul", { class: "fourth-choices" });
  #scale = s("svg", { class: "fourth-scale", viewBox: `0 0 ${SCALE_W} ${SCALE_H}`, role: "img" });
  #note = h("p", { class: "fourth-note" });

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#where, this.#call, this.#rows, this.#scale, this.#note);
  }

  /** @param {{match: object, situation: import("./situation.js").Situation | null, decision: import("./decision.js").Decision | null}} picture */
  show({ match, situation, decision }) {
    const fourth = situation?.down === 4;
    this.dataset.state = decision ? (decision.tossUp ? "toss-up" : "call") : "none";
    setText(this.#where, fourth ? situationText(match, situation) : "");
    setText(this.#call, decision ? callText(decision) : "");
    for (const part of [this.#call, this.#rows, this.#scale]) part.toggleAttribute("hidden", !decision);
    this.#where.hidden = !fourth;
    this.#scale.toggleAttribute("hidden", !decision || decision.margin === null);
    setText(this.#note, noteOf(fourth, decision));
    if (!decision) return;
    this.#rows.replaceChildren(...decision.choices.map((choice) => row(choice, decision)));
    if (decision.margin !== null) this.#drawScale(decision);
  }

  /** The margin with its standard error, over the zone in which the choices are as good as even. */
  #drawScale({ margin, error, tossUpBelow }) {
    const reach = Math.max(LEAST_REACH, margin + error, tossUpBelow) * 1.15;
    const x = (share) => 8 + (Math.max(share, 0) / reach) * (SCALE_W - 16);
    this.#scale.setAttribute("aria-label", `Margin ${points(margin)} points, standard error ${points(error)}, toss-up below ${points(tossUpBelow)}`);
    this.#scale.replaceChildren(
      s("rect", { class: "toss-up-zone", x: x(0), y: AXIS_Y - 12, width: x(tossUpBelow) - x(0), height: 24 }),
      s("line", { class: "scale-line", x1: x(0), x2: x(reach), y1: AXIS_Y, y2: AXIS_Y }),
      s("line", { class: "whisker", x1: x(margin - error), x2: x(margin + error), y1: AXIS_Y, y2: AXIS_Y }),
      s("circle", { class: "margin-dot", cx: x(margin), cy: AXIS_Y, r: 6 }),
      s("text", { x: x(0), y: SCALE_H - 1 }, "0"),
      s("text", { x: x(reach), y: SCALE_H - 1, "text-anchor": "end" }, `${points(reach)} pts`),
      s("text", { x: x(0), y: 9 }, "Toss-up zone"),
    );
  }
}

function row({ title, chance, best }, { tossUp }) {
  const bar = h("i", { class: "fill" });
  bar.style.setProperty("width", `${chance * 100}%`);
  return h(
    "li",
    { class: best && !tossUp ? "best" : "" },
    h("span", { class: "choice" }, title),
    h("span", { class: "track", "aria-hidden": "true" }, bar),
    h("b", {}, percent(chance)),
  );
}

function noteOf(fourth, decision) {
  if (!fourth) return "No fourth down now. At one it weighs going for it, a field goal and a punt by win probability.";
  if (!decision) return "What this fourth down offers is not known.";
  return "Win probability of the team with the ball by choice; the margin of the best over the second best with its standard error.";
}

customElements.define("fourth-card", FourthCard);
