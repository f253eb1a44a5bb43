/** The markings of a pitch, in metres; y grows downwards. */

import { s } from "../../lib/dom.js";

export const LENGTH_M = 105;
export const WIDTH_M = 68;

const MIDDLE = WIDTH_M / 2;
const BOX = { depth: 16.5, half: 20.16 };
const SMALL_BOX = { depth: 5.5, half: 9.16 };
const GOAL = { depth: 2, half: 3.66 };
const SPOT = 11;
const ARC = 9.15;
const CORNER = 1;

/** @returns {SVGGElement} */
export function pitch() {
  return s(
    "g",
    { class: "pitch" },
    s("rect", { class: "grass", x: 0, y: 0, width: LENGTH_M, height: WIDTH_M, rx: 0.6 }),
    s("rect", { x: 0, y: 0, width: LENGTH_M, height: WIDTH_M }),
    s("line", { x1: LENGTH_M / 2, x2: LENGTH_M / 2, y1: 0, y2: WIDTH_M }),
    s("circle", { cx: LENGTH_M / 2, cy: MIDDLE, r: ARC }),
    dot(LENGTH_M / 2),
    ...half(),
    s("g", { transform: `translate(${LENGTH_M} 0) scale(-1 1)` }, ...half()),
  );
}

/** Boxes, spot, arcs and goal of the left half; the right one is its mirror. */
function half() {
  // The arc is the part of the circle round the spot that lies outside the box.
  const dy = Math.sqrt(ARC ** 2 - (BOX.depth - SPOT) ** 2);
  return [
    area(0, BOX),
    area(0, SMALL_BOX),
    s("path", { d: `M${BOX.depth} ${MIDDLE - dy}A${ARC} ${ARC} 0 0 1 ${BOX.depth} ${MIDDLE + dy}` }),
    dot(SPOT),
    area(-GOAL.depth, GOAL),
    s("path", { d: `M0 ${CORNER}A${CORNER} ${CORNER} 0 0 0 ${CORNER} 0` }),
    s("path", { d: `M0 ${WIDTH_M - CORNER}A${CORNER} ${CORNER} 0 0 1 ${CORNER} ${WIDTH_M}` }),
  ];
}

function area(x, { depth, half: reach }) {
  return s("rect", { x, y: MIDDLE - reach, width: depth, height: 2 * reach });
}

function dot(x) {
  return s("circle", { class: "spot", cx: x, cy: MIDDLE, r: 0.35 });
}
