/** xG race: each team's sum of xG, one step a shot, goals as balls on the line. */

import { s } from "../../lib/dom.js";
import { CLOCK, SHOOT_OUT, minuteLabel } from "./clock.js";
import { awayName, fixed, homeName, shortName, sideOf } from "../../lib/format.js";
import { shotText } from "./incidents.js";
import { ChartElement } from "../../components/chart-element.js";
import { axisWithLabels, goalMark, label, spread, timeAxis } from "../../components/chart-parts.js";

const TOP = 16;
const BOTTOM = 24;
const LEFT = 30;
const LABELS = 46;
const CHAR_PX = 6.6;

/** data: {match, points, shots, goals}; points are of xg, in match order */
class XgRace extends ChartElement {
  label = "Expected goals, shot by shot";
  hint = "One step a shot, as high as its chance of a goal.";

  height(width) {
    return Math.round(Math.min(Math.max(width * 0.5, 210), 300));
  }

  draw(width, height) {
    const { match, points, goals, shots } = this.data;
    const axis = axisWithLabels(CLOCK, [match, ...points, ...goals], match, LEFT, width, LABELS);
    const bottom = height - BOTTOM;
    const steps = stepsOf(points, match, new Map(shots.map((shot) => [shot.source_event_id, shot])));
    const most = Math.max(1, ...steps.map((step) => step.total));
    const unit = most > 6 ? 2 : most > 3 ? 1 : 0.5;
    const ceiling = Math.ceil((most * 1.06) / unit) * unit;
    const y = (value) => bottom - (value / ceiling) * (bottom - TOP);
    const nodes = [...grid(ceiling, unit, y, axis.right), ...timeAxis(axis, TOP, bottom)];
    const ends = ["home", "away"].map((side) => {
      const own = steps.filter((step) => step.side === side);
      nodes.push(line(own, side, axis, y, match));
      return { side, total: own.at(-1)?.total ?? 0, y: y(own.at(-1)?.total ?? 0) + 4 };
    });
    nodes.push(...goalMarks(goals, steps, axis, y));
    spread("y", ends, 30, TOP + 8, bottom - 8);
    nodes.push(...ends.map((end) => endLabel(end, match, axis.x(match) + 8)));
    return { nodes, marks: steps.map((step) => mark(step, axis, y)), summary: summary(ends, match) };
  }
}

function stepsOf(points, match, shots) {
  const totals = { home: 0, away: 0 };
  const steps = [];
  for (const point of points) {
    const side = sideOf(match, point.team);
    if (!side || point.period === SHOOT_OUT || typeof point.value !== "number") continue;
    totals[side] += point.value;
    steps.push({ ...point, side, total: totals[side], shot: shots.get(point.source_event_id) });
  }
  return steps;
}

function line(steps, side, axis, y, match) {
  let path = `M${axis.left},${y(0)}`;
  for (const step of steps) path += `H${axis.x(step).toFixed(1)}V${y(step.total).toFixed(1)}`;
  path += `H${axis.x(match).toFixed(1)}`;
  return s("path", { class: `race ${side}`, d: path });
}

function grid(ceiling, unit, y, right) {
  const rows = [];
  for (let value = 0; value <= ceiling + 1e-9; value += unit) {
    rows.push(
      s(
        "g",
        { class: "tick" },
        s("line", { x1: LEFT, x2: right, y1: y(value), y2: y(value) }),
        s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, unit < 1 ? value.toFixed(1) : String(value)),
      ),
    );
  }
  return rows;
}

/** Balls where goals fell; minute and score beside one where they lie on no others. */
function goalMarks(goals, steps, axis, y) {
  const taken = [];
  return goals.flatMap((goal) => {
    const before = steps.filter((step) => step.side === goal.side && axis.x(step) <= axis.x(goal) + 0.01);
    const [x, at] = [axis.x(goal), y(before.at(-1)?.total ?? 0)];
    const text = `${minuteLabel(goal)} ${goal.score}`;
    const place = places(x, at, text.length * CHAR_PX).find((box) => fits(box, taken, axis, y(0)));
    const mark = goalMark(x, at, goal.side, 5.5);
    if (!place) return [mark];
    taken.push(place);
    return [mark, label({ class: `goal-name ${goal.side}`, x: place.x1, y: place.y }, text)];
  });
}

/** Above on the left, where the line has not been yet; else below on the right, where it will not come. */
function places(x, y, width) {
  return [
    { x1: x - 8 - width, x2: x - 8, y: y - 8 },
    { x1: x + 8, x2: x + 8 + width, y: y + 17 },
  ];
}

function fits(box, taken, axis, floor) {
  return box.x1 > axis.left && box.x2 < axis.right && box.y < floor - 3 && !taken.some((other) => overlaps(box, other));
}

function overlaps(a, b) {
  return a.x1 < b.x2 && b.x1 < a.x2 && Math.abs(a.y - b.y) < 14;
}

function endLabel(end, match, x) {
  const name = shortName(end.side === "home" ? homeName(match) : awayName(match));
  return s(
    "text",
    { class: `end-label ${end.side}`, x, y: end.y },
    s("tspan", { class: "percent", x }, fixed(end.total, 2)),
    s("tspan", { class: "under", x, dy: 13 }, name),
  );
}

function mark(step, axis, y) {
  const who = step.shot?.fields?.player_name ?? "";
  const text = [`${step.clock_display}  ${who}`, step.shot ? shotText(step.shot) : null, `xG ${fixed(step.value, 2)}`, `total ${fixed(step.total, 2)}`];
  return { x: axis.x(step), y: y(step.total), text: text.filter(Boolean).join(" · ") };
}

function summary(ends, match) {
  return `Expected goals: ${homeName(match)} ${fixed(ends[0].total, 2)}, ${awayName(match)} ${fixed(ends[1].total, 2)}.`;
}

customElements.define("xg-race", XgRace);
