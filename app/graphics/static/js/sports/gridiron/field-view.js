/** The field before the next snap: line of scrimmage, line to gain, who has the ball and which way, and the drive so far. */

import { h, s, setText } from "../../lib/dom.js";
import { awayName, homeName } from "../../lib/format.js";
import { tags } from "./names.js";
import { downText, lineToGain, placeOf, situationText, spotText, teamOf } from "./situation.js";

const LENGTH = 100;
const END_ZONE = 10;
const WIDTH = 44;
// The lines of the next snap leave the numbers of the yard lines free.
const LINES = WIDTH - 8;
const MIDDLE = LINES / 2;
const NUMBERS = [10, 20, 30, 40, 50, 60, 70, 80, 90];
const ARROW = 9;

class FieldView extends HTMLElement {
  #ball = h("span", { class: "has-ball" });
  #down = h("b", { class: "down" });
  #spot = h("span", { class: "spot-text" });
  #note = h("p", { class: "field-note" });
  #drawing = s("svg", { class: "field", viewBox: `${-END_ZONE} 0 ${LENGTH + 2 * END_ZONE} ${WIDTH}`, role: "img" });

  connectedCallback() {
    if (this.childElementCount) return;
    this.append(h("p", { class: "field-head" }, this.#ball, this.#down, this.#spot), this.#drawing, this.#note);
  }

  /** @param {{match: object, situation: import("./situation.js").Situation | null, drive: import("./drives.js").Drive | null}} picture */
  show({ match, situation, drive }) {
    const text = downText(match, situation);
    const side = situation?.side ?? null;
    const name = side ? teamOf(match, side) : "";
    const receives = situation?.due === "kick-off";
    this.#ball.className = `has-ball ${side ?? ""}`;
    setText(this.#ball, name);
    // Of a kick-off nobody has the ball yet.
    this.#ball.hidden = !side || receives;
    setText(this.#down, text ?? "–");
    const snap = situation?.due === "snap";
    const spot = snap ? `at ${spotText(match, side, situation.toGoal)}` : receives ? `${name} receive` : "";
    setText(this.#spot, spot);
    setText(this.#note, noteOf(match, text, side));
    this.#drawing.setAttribute("aria-label", situationText(match, situation) || "Not known");
    const look = JSON.stringify([match.home, match.away, situation, drive]);
    if (this.dataset.look === look) return;
    this.dataset.look = look;
    this.#drawing.replaceChildren(...ground(match), ...marks(situation, drive));
  }
}

function noteOf(match, text, side) {
  if (text === null) return "Where the ball is comes with the next play.";
  if (!side) return "";
  return `${homeName(match)} attack to the right, ${awayName(match)} to the left, in every quarter.`;
}

/** Turf, end zones, yard lines and their numbers. */
function ground(match) {
  const names = tags(match);
  const lines = Array.from({ length: LENGTH / 5 + 1 }, (_, index) => index * 5);
  return [
    s("rect", { class: "turf", x: 0, y: 0, width: LENGTH, height: WIDTH }),
    endZone("home", -END_ZONE, names.home, -90),
    endZone("away", LENGTH, names.away, 90),
    ...lines.map((x) => s("line", { class: x % 10 ? "yard" : "yard ten", x1: x, x2: x, y1: 0, y2: WIDTH })),
    ...NUMBERS.map((x) => s("text", { class: "yard-number", x, y: WIDTH - 3, "text-anchor": "middle" }, String(Math.min(x, LENGTH - x)))),
  ];
}

function endZone(side, x, name, turn) {
  const middle = x + END_ZONE / 2;
  return s(
    "g",
    { class: `end-zone ${side}` },
    s("rect", { x, y: 0, width: END_ZONE, height: WIDTH }),
    s("text", { x: middle, y: WIDTH / 2, transform: `rotate(${turn} ${middle} ${WIDTH / 2})`, "text-anchor": "middle", "dominant-baseline": "central" }, name),
  );
}

function marks(situation, drive) {
  if (!situation || situation.toGoal === null) return [];
  const x = placeOf(situation.side, situation.toGoal);
  if (situation.due !== "snap") return [ball(x)];
  const gain = lineToGain(situation);
  return [
    ...track(situation, drive, x),
    s("line", { class: "to-gain under", x1: gain, x2: gain, y1: 0, y2: LINES }),
    s("line", { class: "to-gain", x1: gain, x2: gain, y1: 0, y2: LINES }),
    s("line", { class: "scrimmage under", x1: x, x2: x, y1: 0, y2: LINES }),
    s("line", { class: "scrimmage", x1: x, x2: x, y1: 0, y2: LINES }),
    arrow(situation.side, x),
    ball(x),
  ];
}

/** How far the drive that goes on has come. */
function track({ side }, drive, x) {
  if (!drive || drive.side !== side || drive.result || drive.start === null) return [];
  const from = placeOf(side, drive.start);
  return [s("rect", { class: `track ${side}`, x: Math.min(from, x), y: MIDDLE - 1.6, width: Math.abs(x - from), height: 3.2 })];
}

/** Which way the team with the ball plays. */
function arrow(side, x) {
  const way = side === "home" ? 1 : -1;
  const [from, to] = [x + way * 2.4, x + way * ARROW];
  return s("path", { class: `way ${side}`, d: `M${from} ${MIDDLE}H${to}M${to - way * 3} ${MIDDLE - 2.6}L${to} ${MIDDLE}L${to - way * 3} ${MIDDLE + 2.6}` });
}

function ball(x) {
  return s("ellipse", { class: "ball", cx: x, cy: MIDDLE, rx: 2, ry: 1.25 });
}

customElements.define("field-view", FieldView);
