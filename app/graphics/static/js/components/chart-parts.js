/** Pieces that several charts draw the same way. */

import { MatchAxis } from "../lib/axis.js";
import { s } from "../lib/dom.js";

const NEAR_PX = 26;
const EDGE = 10;

/**
 * The time axis of a chart whose labels stand where the clock is: it takes the whole width until they need the room.
 * @param {import("../lib/axis.js").Clock} clock
 * @param {import("../lib/axis.js").Moment} now
 * @param {number} labels width of the labels in pixels
 */
export function axisWithLabels(clock, moments, now, left, width, labels) {
  const whole = new MatchAxis(clock, moments, left, width - EDGE);
  const share = (whole.x(now) - left) / (whole.right - left);
  const room = width - EDGE - labels - left;
  return share * (whole.right - left) <= room ? whole : new MatchAxis(clock, moments, left, left + room / share);
}

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
 * Move labels apart along x or y so that none lie on each other, keeping their order and staying inside.
 * @param {"x" | "y"} along
 * @param {Record<string, number>[]} labels changed in place
 */
export function spread(along, labels, gap, first, last) {
  const sorted = [...labels].sort((a, b) => a[along] - b[along]);
  sorted.forEach((item, index) => {
    item[along] = Math.max(item[along], index ? sorted[index - 1][along] + gap : first);
  });
  for (let index = sorted.length - 1; index >= 0; index -= 1) {
    const limit = index === sorted.length - 1 ? last : sorted[index + 1][along] - gap;
    sorted[index][along] = Math.min(sorted[index][along], limit);
  }
}
