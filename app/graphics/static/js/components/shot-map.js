/** Every shot of the match on the pitch: home attacks to the right, away to the left. */

import { s } from "../lib/dom.js";
import { awayName, fixed, homeName, sideOf } from "../lib/format.js";
import { isGoal, shotDetail, shotText } from "../lib/incidents.js";
import { ChartElement } from "./chart-element.js";
import { label } from "./chart-parts.js";
import { LENGTH_M, WIDTH_M, pitch } from "./pitch.js";

const MARGIN_M = 2.5;
// Area is proportional to xG: r = SCALE_M * sqrt(xG). A sure goal is as wide as this, in metres.
const SCALE_M = 4.2;
const SMALLEST_M = 0.55;

/** data: {match, shots, xg}; xg maps a shot's event id to its value */
class ShotMap extends ChartElement {
  label = "Shots on the pitch";
  hint = "Area: xG. Filled: goal.";

  height(width) {
    return Math.round(((WIDTH_M + 2 * MARGIN_M) / (LENGTH_M + 2 * MARGIN_M)) * width);
  }

  draw(width) {
    const { match } = this.data;
    const scale = width / (LENGTH_M + 2 * MARGIN_M);
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
    r: Math.max(SCALE_M * Math.sqrt(known ? value : 0), SMALLEST_M),
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

function summary(dots, match) {
  const told = ["home", "away"].map((side) => {
    const own = dots.filter((dot) => dot.side === side);
    return `${side === "home" ? homeName(match) : awayName(match)} ${own.length} shots, ${own.filter((dot) => dot.goal).length} goals`;
  });
  return `${told.join("; ")}.`;
}

customElements.define("shot-map", ShotMap);
