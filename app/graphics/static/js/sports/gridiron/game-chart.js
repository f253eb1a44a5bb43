/** Win probability over the game: two areas, always 100 % together, with the plays that decided it. */

import { ChartElement, emptyNote } from "../../components/chart-element.js";
import { axisWithLabels, spread, timeAxis } from "../../components/chart-parts.js";
import { s } from "../../lib/dom.js";
import { awayName, homeName } from "../../lib/format.js";
import { probabilityOf } from "../../lib/probability.js";
import { CLOCK, spreadUntimed } from "./clock.js";
import { tags } from "./names.js";
import { OUTCOMES } from "./outcomes.js";
import { playText, scoringSide } from "./plays.js";

const TOP = 26;
const BOTTOM = 24;
const LEFT = 38;
const LABELS = 84;
const BADGE = 9;

/** data: {match, points, keys, events}; points are of win_probability, keys as `keyPlays` says them, events by id */
class GameChart extends ChartElement {
  label = "Win probability by play";
  hint = "Tap or point at the chart to read any play. Numbers are the key plays.";

  height(width) {
    return Math.round(Math.min(Math.max(width * 0.42, 230), 340));
  }

  draw(width, height) {
    const { match, points, keys, events } = this.data;
    const moments = spreadUntimed(momentsOf(points));
    const last = moments.at(-1);
    const axis = axisWithLabels(CLOCK, [match, ...moments], match, LEFT, width, LABELS);
    const bottom = height - BOTTOM;
    const y = (share) => bottom - share * (bottom - TOP);
    const nodes = [...grid(y, axis.right), ...timeAxis(axis, TOP, bottom)];
    if (!last) nodes.push(emptyNote(width, height, "No values yet"));
    else {
      nodes.push(...areas([...moments, { ...last, period: match.period, elapsed_s: match.elapsed_s }], axis, y));
      nodes.push(...scores(moments, match, events, axis, y), ...badges(moments, keys, axis, y));
      if (last.shares) nodes.push(...endLabels(last, match, axis.x(match) + 8, y));
    }
    return { nodes, marks: moments.map((moment) => mark(moment, match, events, axis)), summary: summary(last, match) };
  }
}

/** Both teams' points, put together by moment; those that tell no number leave the one before. */
function momentsOf(points) {
  const together = new Map();
  for (const point of points) {
    const moment = together.get(point.anchor) ?? { ...point, both: new Map() };
    moment.both.set(point.subject, point);
    together.set(point.anchor, moment);
  }
  const known = new Map();
  return [...together.values()].flatMap((moment) => {
    for (const [subject, point] of moment.both) known.set(subject, point);
    const { shares, percents } = probabilityOf(known, OUTCOMES) ?? { shares: null, percents: null };
    return shares ? [{ ...moment, shares, percents }] : [];
  });
}

function grid(y, right) {
  return [0, 0.25, 0.5, 0.75, 1].map((share) =>
    s(
      "g",
      { class: share === 0.5 ? "tick even" : "tick" },
      s("line", { x1: LEFT, x2: right, y1: y(share), y2: y(share) }),
      share % 0.5 ? null : s("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, `${share * 100}%`),
    ),
  );
}

/** What a play changed, it changed at once: the old value holds until then. */
function areas(moments, axis, y) {
  const steps = moments.flatMap((moment, index) => (index ? [{ ...moment, shares: moments[index - 1].shares }, moment] : [moment]));
  const at = (height) => steps.map((step) => `${axis.x(step).toFixed(1)},${y(height(step)).toFixed(1)}`);
  const [floor, line, ceiling] = [at(() => 0), at((step) => step.shares[0]), at(() => 1)];
  return [
    s("polygon", { class: "area home", points: [...floor, ...[...line].reverse()].join(" ") }),
    s("polygon", { class: "area away", points: [...line, ...[...ceiling].reverse()].join(" ") }),
    s("line", { class: "even-line", x1: axis.left, x2: axis.x(steps.at(-1)), y1: y(0.5), y2: y(0.5) }),
    s("polyline", { class: "seam", points: line.join(" ") }),
  ];
}

/** Points, at the edge of the side that scored them. */
function scores(moments, match, events, axis, y) {
  return moments.flatMap((moment) => {
    const event = events.get(moment.source_event_id);
    const side = event ? scoringSide(match, event) : null;
    if (!side) return [];
    const [edge, way] = side === "home" ? [y(0), -1] : [y(1), 1];
    const x = axis.x(moment);
    return [s("path", { class: `scored ${side}`, d: `M${x - 4} ${edge}h8l-4 ${way * 7}z` })];
  });
}

/** A number at each key play; those close together make room for each other. */
function badges(moments, keys, axis, y) {
  const byEvent = new Map(moments.map((moment) => [moment.source_event_id, moment]));
  const labels = keys.flatMap((play) => {
    const moment = byEvent.get(play.source_event_id);
    return moment ? [{ number: play.number, at: axis.x(moment), x: axis.x(moment), y: y(moment.shares[0]) }] : [];
  });
  spread("x", labels, 2 * BADGE + 2, axis.left + BADGE, axis.right - BADGE);
  return labels.map((label) =>
    s(
      "g",
      { class: "key-badge" },
      s("path", { d: `M${label.x} ${TOP - 6}L${label.at} ${label.y}` }),
      s("circle", { class: "foot", cx: label.at, cy: label.y, r: 3 }),
      s("circle", { cx: label.x, cy: TOP - 13, r: BADGE }),
      s("text", { x: label.x, y: TOP - 9, "text-anchor": "middle" }, String(label.number)),
    ),
  );
}

function endLabels(moment, match, x, y) {
  const names = tags(match);
  const [home] = moment.shares;
  const labels = [
    { side: "away", y: y((1 + home) / 2) + 4, percent: moment.percents[1] },
    { side: "home", y: y(home / 2) + 4, percent: moment.percents[0] },
  ];
  spread("y", labels, 18, TOP + 10, y(0) - 2);
  return labels.map(({ side, y: at, percent }) =>
    s("text", { class: `end-label ${side}`, x, y: at }, s("tspan", { class: "percent" }, `${percent}%`), s("tspan", { dx: 5 }, names[side])),
  );
}

function mark(moment, match, events, axis) {
  const names = tags(match);
  const odds = `${names.home} ${moment.percents[0]}% · ${names.away} ${moment.percents[1]}%`;
  return { x: axis.x(moment), text: [`${moment.clock_display}  ${odds}`, playText(events.get(moment.source_event_id))].filter(Boolean).join("  ") };
}

function summary(moment, match) {
  if (!moment) return "No win probability to show.";
  return `At ${moment.clock_display}: ${homeName(match)} ${moment.percents[0]} percent, ${awayName(match)} ${moment.percents[1]} percent.`;
}

customElements.define("game-chart", GameChart);
