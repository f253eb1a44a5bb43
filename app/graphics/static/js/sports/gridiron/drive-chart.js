/** Every drive on a strip of the field: where it began, how far it came, how it ended. Newest first. */

import { h, s } from "../../lib/dom.js";
import { driveText } from "./drives.js";
import { tags } from "./names.js";
import { placeOf, spotText } from "./situation.js";

const HEIGHT = 10;
const MIDDLE = HEIGHT / 2;

class DriveChart extends HTMLElement {
  #list = h("ol", { class: "drives", reversed: true, tabindex: "0", "aria-label": "Drives, newest first" });
  #shown = "";

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#list);
  }

  /** @param {{match: object, drives: import("./drives.js").Drive[]}} picture */
  show({ match, drives }) {
    const shown = JSON.stringify([match.home, match.away, drives]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#list.replaceChildren(...[...drives].reverse().map((drive) => row(match, drive)));
    this.#list.classList.toggle("empty", !drives.length);
  }
}

function row(match, drive) {
  const { side, start, result, newest, scored } = drive;
  const name = side ? tags(match)[side] : "–";
  const from = side && start !== null ? `from ${spotText(match, side, start)}` : "";
  return h(
    "li",
    { class: `drive ${side ?? ""}${scored ? " scored" : ""}` },
    h("b", { class: "drive-team" }, name),
    strip(drive),
    h("span", { class: "drive-result" }, result || (newest ? "In progress" : "–")),
    h("span", { class: "drive-figures" }, [drive.clock_display, from, driveText(drive)].filter(Boolean).join(" · ")),
  );
}

function strip({ side, start, yards, scored }) {
  const svg = s("svg", { class: "strip", viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(s("rect", { class: "turf", x: 0, y: 0, width: 100, height: HEIGHT }));
  for (let x = 10; x < 100; x += 10) svg.append(s("line", { class: x === 50 ? "yard ten" : "yard", x1: x, x2: x, y1: 0, y2: HEIGHT }));
  if (!side || start === null) return svg;
  const [from, to] = [placeOf(side, start), placeOf(side, Math.min(Math.max(start - yards, 0), 100))];
  svg.append(
    s("rect", { class: `way ${side}`, x: Math.min(from, to), y: MIDDLE - 2, width: Math.max(Math.abs(to - from), 0.8), height: 4 }),
    s("line", { class: `from ${side}`, x1: from, x2: from, y1: 1, y2: HEIGHT - 1 }),
  );
  if (scored) svg.append(s("line", { class: `to ${side}`, x1: to, x2: to, y1: 0, y2: HEIGHT }));
  return svg;
}

customElements.define("drive-chart", DriveChart);
