/** Pieces that several charts draw the same way. */

import { s } from "../lib/dom.js";

const NEAR_PX = 26;

/** Grid lines and labels of the time axis. */
export function timeAxis(axis, top, bottom) {
  const ticks = axis.ticks();
  return ticks.map((tick, index) => {
    const next = ticks[index + 1];
    // A period's own label wins over the minute just before it.
    const crowded = next?.period && next.x - tick.x < NEAR_PX;
    return s(
      "g",
      { class: tick.period ? "tick period" : "tick" },
      s("line", { x1: tick.x, x2: tick.x, y1: top, y2: bottom }),
      crowded ? null : s("text", { x: tick.x, y: bottom + 16, "text-anchor": anchor(tick, axis) }, tick.label),
    );
  });
}

function anchor(tick, axis) {
  if (tick.x <= axis.left + 1) return "start";
  return tick.x >= axis.right - 6 ? "end" : "middle";
}

/** A label with a halo, readable on whatever it lies on. */
export function label(props, text) {
  return s("text", { ...props, class: `label ${props.class ?? ""}` }, text);
}

/** A goal: a ball in the colour of its team. */
export function goalMark(x, y, side, r = 5) {
  return s("circle", { class: `goal ${side}`, cx: x, cy: y, r });
}

/**
 * Move labels apart vertically so that none lie on each other, keeping their order and staying inside.
 * @param {{y: number}[]} labels changed in place
 */
export function spread(labels, gap, top, bottom) {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  sorted.forEach((item, index) => {
    item.y = Math.max(item.y, index ? sorted[index - 1].y + gap : top);
  });
  for (let index = sorted.length - 1; index >= 0; index -= 1) {
    const limit = index === sorted.length - 1 ? bottom : sorted[index + 1].y - gap;
    sorted[index].y = Math.min(sorted[index].y, limit);
  }
}
