/** Every shot of the match on the pitch: home attacks to the right, away to the left. */

import { s } from "../../lib/dom.js";
import { awayName, fixed, homeName, sideOf } from "../../lib/format.js";
import { isGoal, shotDetail, shotText } from "./incidents.js";
import { ChartElement } from "../../components/chart-element.js";
import { label } from "../../components/chart-parts.js";
import { LENGTH_M, WIDTH_M, pitch } from "./pitch.js";

const MARGIN_M = 2.5;
// Area is proportional to xG: r = SCALE_M * sqrt(xG). A sure goal is as wide as this, in metres.
const SCALE_M = 4.2;
const SMALLEST_M = 0.55;
const LEGEND_XG = [0.05, 0.2, 0.5];
const LEGEND_GAP_PX = 10;

/** data: {match, shots, xg}; xg maps a shot's event id to its value */
class ShotMap extends ChartElement {
  label = "Shots on the pitch";
  hint = "Tap or point at a shot to read who took it.";

  height(width) {
    const scale = scaleOf(width);
    return Math.round((WIDTH_M + 2 * MARGIN_M + 2 * radius(LEGEND_XG.at(-1))) * scale) + LEGEND_GAP_PX;
  }

  draw(width, height) {
    const { match } = this.data;
    const scale = scaleOf(width);
    const dots = this.data.shots.map((shot) => dotOf(shot, this.data)).filter(Boolean);
    const nodes = [
      s(
        "g",
        { transform: `scale(${scale}) translate(${MARGIN_M} ${MARGIN_M})` },
        pitch(),
        // Small ones last, so that none is covered.
        ...[...dots].sort((a, b) => b.r - a.r).map(circle),
      ),
      ...directions(match, width, scale),
      legend(width, height, scale),
    ];
    const marks = dots.map((dot) => ({
      x: (dot.x + MARGIN_M) * scale,
      y: (dot.y + MARGIN_M) * scale,
      r: dot.r * scale,
      text: dot.text,
    }));
    return { nodes, marks, summary: summary(dots, match) };
  }
}

/** A shot where it was taken, seen with home attacking to the right. */
function dotOf(shot, { match, xg }) {
  const side = sideOf(match, shot.team);
  const { x_m, y_m, player_name } = shot.fields ?? {};
  if (!side || typeof x_m !== "number" || typeof y_m !== "number") return null;
  const value = xg.get(shot.source_event_id);
  const known = typeof value === "number";
  const said = [player_name, shotText(shot), shotDetail(shot), known ? `xG ${fixed(value, 2)}` : "no xG"];
  return {
    side,
    goal: isGoal(shot),
    known,
    x: side === "home" ? x_m : LENGTH_M - x_m,
    y: side === "home" ? y_m : WIDTH_M - y_m,
    r: radius(known ? value : 0),
    text: `${shot.clock_display}  ${said.filter(Boolean).join(" · ")}`,
  };
}

function circle(dot) {
  const look = ["shot", dot.side, dot.goal ? "scored" : "", dot.known ? "" : "unknown"].filter(Boolean).join(" ");
  return s("circle", { class: look, cx: dot.x, cy: dot.y, r: dot.r });
}

function directions(match, width, scale) {
  const y = (WIDTH_M + MARGIN_M) * scale - 8;
  const inset = (MARGIN_M + 1.5) * scale;
  return [
    label({ class: "side away", x: inset, y }, `← ${awayName(match)}`),
    label({ class: "side home", x: width - inset, y, "text-anchor": "end" }, `${homeName(match)} →`),
  ];
}

/** What the circles mean, at the size they have on this pitch. */
function legend(width, height, scale) {
  const y = height - radius(LEGEND_XG.at(-1)) * scale - 2;
  const nodes = [];
  let x = MARGIN_M * scale;
  const entry = (look, r, text) => {
    nodes.push(s("circle", { class: look, cx: x + r, cy: y, r }), s("text", { x: x + 2 * r + 6, y: y + 4 }, text));
    x += 2 * r + 14 + text.length * 7;
  };
  for (const xg of LEGEND_XG) entry("shot key", radius(xg) * scale, xg === LEGEND_XG[0] ? `xG ${xg}` : String(xg));
  entry("shot key scored", 6, "Goal");
  return s("g", { class: "legend" }, nodes);
}

/** Pixels of a metre. */
function scaleOf(width) {
  return width / (LENGTH_M + 2 * MARGIN_M);
}

function radius(xg) {
  return Math.max(SCALE_M * Math.sqrt(xg), SMALLEST_M);
}

function summary(dots, match) {
  const told = ["home", "away"].map((side) => {
    const own = dots.filter((dot) => dot.side === side);
    return `${side === "home" ? homeName(match) : awayName(match)} ${own.length} shots, ${own.filter((dot) => dot.goal).length} goals`;
  });
  return `${told.join("; ")}.`;
}

customElements.define("shot-map", ShotMap);
