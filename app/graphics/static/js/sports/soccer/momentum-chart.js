/** Momentum: one bar a minute, up for home, down for away. */

import { s } from "../../lib/dom.js";
import { MatchAxis } from "../../lib/axis.js";
import { CLOCK } from "./clock.js";
import { awayName, homeName } from "../../lib/format.js";
import { ChartElement, emptyNote } from "../../components/chart-element.js";
import { goalMark, label, timeAxis } from "../../components/chart-parts.js";

const TOP = 30;
const BOTTOM = 24;
const LEFT = 8;
const RIGHT = 8;

/** data: {match, points, goals}; a point at a full minute tells of the minute that ends there */
class MomentumChart extends ChartElement {
  label = "Momentum by minute";
  hint = "Which team was the greater danger, minute by minute.";

  height(width) {
    return Math.round(Math.min(Math.max(width * 0.5, 210), 300));
  }

  draw(width, height) {
    const { match, points, goals } = this.data;
    const axis = new MatchAxis(CLOCK, [match, ...points, ...goals], LEFT, width - RIGHT);
    const bottom = height - BOTTOM;
    const middle = (TOP + bottom) / 2;
    const reach = (bottom - TOP) / 2 - 8;
    const values = points.filter((point) => typeof point.value === "number");
    const most = Math.max(0.2, ...values.map((point) => Math.abs(point.value)));
    const thick = Math.max(axis.minute - 1.5, 1);
    const nodes = timeAxis(axis, TOP, bottom);
    if (!values.length) nodes.push(emptyNote(width, height, "No values yet"));
    for (const point of values) {
      const size = (Math.abs(point.value) / most) * reach;
      const [x, up] = [axis.x(point) - axis.minute + 0.75, point.value >= 0];
      nodes.push(
        s("rect", { class: `bar ${up ? "home" : "away"}`, x, y: up ? middle - size : middle, width: thick, height: size, rx: Math.min(1.5, thick / 3) }),
      );
    }
    nodes.push(s("line", { class: "zero", x1: LEFT, x2: width - RIGHT, y1: middle, y2: middle }));
    nodes.push(...goals.flatMap((goal) => goalFlag(goal, axis, middle, bottom)));
    nodes.push(...sides(match, width));
    return { nodes, marks: values.map((point) => mark(point, match, axis)), summary: summary(values, match) };
  }
}

function goalFlag(goal, axis, middle, bottom) {
  const x = axis.x(goal);
  const y = goal.side === "home" ? TOP : bottom;
  return [s("line", { class: "goal-line", x1: x, x2: x, y1: middle, y2: y }), goalMark(x, y, goal.side)];
}

function sides(match, width) {
  return [
    label({ class: "side home", x: LEFT, y: 12 }, `▲ ${homeName(match)}`),
    label({ class: "side away", x: width - RIGHT, y: 12, "text-anchor": "end" }, `${awayName(match)} ▼`),
  ];
}

function mark(point, match, axis) {
  const team = point.value >= 0 ? homeName(match) : awayName(match);
  const text = point.value === 0 ? "even" : `${team} +${Math.abs(point.value).toFixed(2)}`;
  return { x: axis.x(point) - axis.minute / 2, text: `${point.clock_display}  ${text}` };
}

function summary(values, match) {
  const home = values.filter((point) => point.value > 0).length;
  const away = values.filter((point) => point.value < 0).length;
  return `Minutes on top: ${homeName(match)} ${home}, ${awayName(match)} ${away}.`;
}

customElements.define("momentum-chart", MomentumChart);
