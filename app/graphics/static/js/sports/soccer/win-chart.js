/** Win probability over the match: three stacked areas, always 100 % together, with the goals. */

import { s } from "../../lib/dom.js";
import { byMoment } from "../../lib/axis.js";
import { CLOCK } from "./clock.js";
import { isOffAir, probabilityOf } from "../../lib/probability.js";
import { awayName, homeName, shortName } from "../../lib/format.js";
import { ChartElement, emptyNote } from "../../components/chart-element.js";
import { axisWithLabels, goalMark, label, spread, timeAxis } from "../../components/chart-parts.js";
import { OUTCOMES } from "./outcomes.js";

const TOP = 22;
const BOTTOM = 24;
const LEFT = 38;
const NARROW = 480;

/** data: {match, points, goals, dismissals} */
class WinChart extends ChartElement {
  label = "Win probability by minute";
  hint = "Tap or point at the chart to read any minute.";

  height(width) {
    return Math.round(Math.min(Math.max(width * 0.42, 220), 340));
  }

  draw(width, height) {
    const { match, points, goals, dismissals } = this.data;
    const axis = axisWithLabels(CLOCK, [match, ...points, ...goals], match, LEFT, width, width < NARROW ? 78 : 122);
    const bottom = height - BOTTOM;
    const y = (share) => bottom - share * (bottom - TOP);
    const moments = momentsOf(points);
    const nodes = [...grid(y, axis.right), ...timeAxis(axis, TOP, bottom)];
    if (!moments.some((moment) => moment.shares)) nodes.push(emptyNote(width, height, "No values yet"));
    for (const stretch of stretches(moments, match)) nodes.push(...areas(stretch, axis, y));
    nodes.push(...goals.flatMap((goal) => goalLine(goal, axis, bottom)), ...scores(goals, axis));
    nodes.push(...dismissals.map((card) => cardMark(card, axis, bottom)));
    const last = moments.at(-1);
    if (last?.shares) nodes.push(...endLabels(last, match, axis.x(match) + 8, y, width));
    return { nodes, marks: moments.map((moment) => mark(moment, match, axis)), summary: summary(last, match) };
  }
}

/** The three subjects' points, put together by moment; shares is null where no number may be shown. */
function momentsOf(points) {
  const together = new Map();
  for (const point of [...points].sort(byMoment)) {
    const moment = together.get(point.anchor) ?? { ...point, three: new Map() };
    moment.three.set(point.subject, point);
    together.set(point.anchor, moment);
  }
  // A subject whose value did not change is not said again: it keeps what it was.
  const known = new Map();
  return [...together.values()].map((moment) => {
    for (const [subject, point] of moment.three) known.set(subject, point);
    const { shares, percents } = probabilityOf(known, OUTCOMES) ?? { shares: null, percents: null };
    return { ...moment, shares, percents, offAir: [...known.values()].some(isOffAir) };
  });
}

/** Runs of moments with values; the last one reaches to where the clock is now. */
function stretches(moments, match) {
  const runs = [];
  let run = [];
  for (const moment of moments) {
    if (moment.shares) run.push(moment);
    else if (run.length) {
      runs.push([...run, { ...run.at(-1), period: moment.period, elapsed_s: moment.elapsed_s }]);
      run = [];
    }
  }
  if (run.length) runs.push([...run, { ...run.at(-1), period: match.period, elapsed_s: match.elapsed_s }]);
  return runs;
}

/** What an event changed, it changed at once: the old value holds until then. Between minutes it slides. */
function corners(run) {
  return run.flatMap((moment, index) =>
    index && String(moment.anchor).startsWith("event") ? [{ ...moment, shares: run[index - 1].shares }, moment] : [moment],
  );
}

function areas(run, axis, y) {
  const steps = corners(run);
  const lines = [() => 0, (shares) => shares[0], (shares) => shares[0] + shares[1], () => 1];
  const points = lines.map((height) => steps.map((step) => `${axis.x(step).toFixed(1)},${y(height(step.shares)).toFixed(1)}`));
  const shapes = OUTCOMES.map((outcome, index) =>
    s("polygon", { class: `area ${outcome}`, points: [...points[index], ...[...points[index + 1]].reverse()].join(" ") }),
  );
  return [...shapes, ...[1, 2].map((index) => s("polyline", { class: "seam", points: points[index].join(" ") }))];
}

function grid(y, right) {
  return [0, 0.25, 0.5, 0.75, 1].map((share) =>
    s(
      "g",
      { class: "tick" },
      s("line", { x1: LEFT, x2: right, y1: y(share), y2: y(share) }),
      share % 0.5 ? null : s("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, `${share * 100}%`),
    ),
  );
}

function goalLine(goal, axis, bottom) {
  const x = axis.x(goal);
  return [
    s("line", { class: "goal-line", x1: x, x2: x, y1: TOP - 4, y2: bottom }),
    goalMark(x, goal.side === "home" ? bottom - 7 : TOP + 7, goal.side),
  ];
}

/** A red card, at the edge of the side that lost a player. */
function cardMark(card, axis, bottom) {
  const y = card.side === "home" ? bottom - 16 : TOP + 4;
  return s("rect", { class: "red-card", x: axis.x(card) - 4.5, y, width: 9, height: 12, rx: 1.5 });
}

/** The score that each goal made, above its line; goals in quick succession make room for each other. */
function scores(goals, axis) {
  const labels = goals.map((goal) => ({ ...goal, x: axis.x(goal) }));
  spread("x", labels, 30, axis.left, axis.right);
  return labels.map(({ x, side, score }) => label({ class: `goal-score ${side}`, x, y: TOP - 9, "text-anchor": "middle" }, score));
}

function endLabels(moment, match, x, y, width) {
  const [home, draw] = moment.shares;
  const names = [homeName(match), "Draw", awayName(match)];
  const middles = [home / 2, home + draw / 2, (1 + home + draw) / 2];
  const short = width < NARROW;
  const labels = OUTCOMES.map((outcome, index) => ({
    outcome,
    y: y(middles[index]) + 4,
    name: index === 1 ? "Draw" : short ? shortName(names[index]) : clip(names[index]),
    percent: `${moment.percents[index]}%`,
  }));
  // From the top, so that labels of equal height keep the order of the areas.
  labels.reverse();
  spread("y", labels, 17, TOP + 8, y(0) - 2);
  return labels.map((item) =>
    s(
      "text",
      { class: `end-label ${item.outcome}`, x, y: item.y },
      s("tspan", { class: "percent" }, item.percent),
      s("tspan", { dx: 5 }, item.name),
    ),
  );
}

function clip(name) {
  return name.length > 10 ? shortName(name) : name;
}

function mark(moment, match, axis) {
  const said = moment.percents
    ? `${homeName(match)} ${moment.percents[0]}% · Draw ${moment.percents[1]}% · ${awayName(match)} ${moment.percents[2]}%`
    : moment.offAir
      ? "suspended"
      : "not complete";
  return { x: axis.x(moment), text: `${moment.clock_display}  ${said}` };
}

function summary(moment, match) {
  if (!moment?.percents) return "No win probability to show.";
  const [home, draw, away] = moment.percents;
  return `At ${moment.clock_display}: ${homeName(match)} ${home} percent, draw ${draw} percent, ${awayName(match)} ${away} percent.`;
}

customElements.define("win-chart", WinChart);
