/** The charts of a soccer match, its events, and the numbers of both sides. */

import { card } from "../../components/card.js";
import "../../components/event-ticker.js";
import { byMoment } from "../../lib/axis.js";
import { h } from "../../lib/dom.js";
import { fixed, sideOf } from "../../lib/format.js";
import { SHOOT_OUT } from "./clock.js";
import { dismissalsOf, goalsOf, isOnTarget, shotsOf, tell } from "./incidents.js";
import "./momentum-chart.js";
import "./shot-map.js";
import "./win-chart.js";
import "./xg-race.js";

export class SoccerBody {
  #win = h("win-chart");
  #race = h("xg-race");
  #momentum = h("momentum-chart");
  #map = h("shot-map");
  #ticker = h("event-ticker");
  element = h(
    "div",
    { class: "cards" },
    card("win", "Win probability", this.#win),
    card("race", "xG race", this.#race),
    card("momentum", "Momentum", this.#momentum),
    card("shots", "Shot map", this.#map),
    card("events", "Events", this.#ticker),
  );

  /** @param {import("../../lib/match-store.js").MatchStore} store */
  draw(store) {
    const { match, latest, events } = store;
    const points = store.points("xg");
    const xg = new Map(points.filter((point) => typeof point.value === "number").map((point) => [point.source_event_id, point.value]));
    const goals = goalsOf(events, match);
    const shots = shotsOf(events);
    this.#win.data = { match, goals, dismissals: dismissalsOf(events, match), points: store.points("win_probability") };
    this.#race.data = { match, goals, points, shots };
    this.#momentum.data = { match, goals, points: store.points("momentum") };
    this.#map.data = { match, shots, xg };
    this.#ticker.show(rows(events, match, goals, xg));
    return stats(match, latest, shots, points);
  }
}

/** What the ticker tells, in match order. */
function rows(events, match, goals, xg) {
  const scores = new Map(goals.map((goal) => [goal.source_event_id, goal.score]));
  return once(events).flatMap((event) => {
    const incident = tell(event);
    if (!incident) return [];
    const id = event.source_event_id;
    const extra = scores.get(id) ?? (event.type === "shot" && xg.has(id) ? `xG ${fixed(xg.get(id), 2)}` : "");
    return [{ id, clock: event.clock_display, side: sideOf(match, incident.team), extra, ...incident }];
  });
}

/** In match order; what providers tell once for each team (a period's start and end) only once. */
function once(events) {
  const seen = new Set();
  return [...events].sort(byMoment).filter((event) => {
    if (event.type !== "period_start" && event.type !== "period_end") return true;
    const key = `${event.type}${event.period}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Sum of a team's xG, shoot-out left out. */
function xgTotal(points, team) {
  const own = points.filter((point) => point.team === team && point.period !== SHOOT_OUT);
  return own.reduce((sum, point) => sum + (point.value ?? 0), 0);
}

function stats(match, latest, shots, points) {
  const teams = { home: match.home_id, away: match.away_id };
  const both = (title, meaning, digits, number) => ({
    title,
    meaning,
    home: fixed(number(teams.home), digits),
    away: fixed(number(teams.away), digits),
  });
  const own = (team) => shots.filter((shot) => shot.team === team);
  return [
    both("xG", "Expected goals: the sum of the chances of all shots", 2, (team) => xgTotal(points, team)),
    both("Shots", "Shots, without a penalty shoot-out", 0, (team) => own(team).length),
    both("On target", "Goals and saved shots", 0, (team) => own(team).filter(isOnTarget).length),
    both("PPDA", "Opponent's passes per defensive action: fewer means more intense pressing", 1, (team) => latest.get("ppda").get(team)?.value),
  ];
}
