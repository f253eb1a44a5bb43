/** What of a feed's events is worth telling, and in which words. */

import { sideOf } from "../../lib/format.js";
import { byMoment } from "../../lib/axis.js";
import { SHOOT_OUT } from "./clock.js";

/** Event types that the match page asks for. */
export const TOLD_TYPES = [
  "shot",
  "own_goal",
  "card",
  "foul",
  "substitution",
  "period_start",
  "period_end",
  "player_off",
  "player_on",
  "formation",
  "offside",
];

/**
 * Event types that a stream is asked for: what is told, what changes the head of a match, and passes, because they
 * come every few seconds and carry the clock. The rest (carries, pressures, …) is two thirds of a match.
 */
export const FOLLOWED_TYPES = [...TOLD_TYPES, "pass", "lineup", "match_info", "status", "official_score"];

const PERIOD = { 1: "First half", 2: "Second half", 3: "Extra time, first half", 4: "Extra time, second half", 5: "Penalty shoot-out" };
const CARD = { yellow: "Yellow card", second_yellow: "Second yellow card", red: "Red card" };
const SHOT = {
  goal: "Goal",
  saved: "Shot saved",
  post: "Shot against the woodwork",
  off_target: "Shot off target",
  blocked: "Shot blocked",
  wayward: "Shot wayward",
};
const SHOT_KIND = { free_kick: "free kick", penalty: "penalty", corner: "direct corner", kick_off: "kick-off" };
const BODY_PART = { left_foot: "left foot", right_foot: "right foot", head: "header" };
/** An own goal whose feed names only who conceded it counts for the others. */
const OTHER = { home: "away", away: "home" };
const DISMISSALS = ["red", "second_yellow"];
const ON_TARGET = ["goal", "saved"];

export function isGoal(event) {
  return event.type === "own_goal" || (event.type === "shot" && event.fields?.outcome === "goal");
}

/** A goal that counts in the score: shoot-out kicks do not. */
export function isMatchGoal(event) {
  return isGoal(event) && event.period !== SHOOT_OUT;
}

/** Shots in play, in match order. */
export function shotsOf(events) {
  return [...events].filter((event) => event.type === "shot" && event.period !== SHOOT_OUT).sort(byMoment);
}

export function isOnTarget(event) {
  return ON_TARGET.includes(event.fields?.outcome);
}

/** How a shot was taken, where that is worth a word. */
export function shotDetail(event) {
  const { body_part, shot_kind } = event.fields ?? {};
  return [SHOT_KIND[shot_kind], BODY_PART[body_part]].filter(Boolean).join(", ");
}

export function shotText(event) {
  return SHOT[event.fields?.outcome] ?? "Shot";
}

/** Goals with the score they made, in match order. */
export function goalsOf(events, match) {
  const score = { home: 0, away: 0 };
  const goals = [];
  for (const event of [...events].filter(isMatchGoal).sort(byMoment)) {
    const side = sideOf(match, event.team) ?? OTHER[sideOf(match, event.fields?.conceded_by)];
    if (!side) continue;
    score[side] += 1;
    goals.push({ ...event, side, score: `${score.home}–${score.away}` });
  }
  return goals;
}

/** Sendings-off with their side, in match order. */
export function dismissalsOf(events, match) {
  const sent = [...events].filter((event) => DISMISSALS.includes(event.fields?.card)).sort(byMoment);
  return sent.map((event) => ({ ...event, side: sideOf(match, event.team) })).filter((event) => event.side);
}

/**
 * @typedef {{kind: string, title: string, detail: string, team: string | null}} Incident
 * @returns {Incident | null} null for what is not told
 */
export function tell(event) {
  const fields = event.fields ?? {};
  const player = fields.player_name ?? "";
  const incident = (kind, title, detail = player) => ({ kind, title, detail, team: event.team });
  switch (event.type) {
    case "shot":
      return tellShot(event, incident);
    case "own_goal":
      return incident("goal", "Own goal", "");
    case "card":
    case "foul":
      if (fields.card) return incident(fields.card, CARD[fields.card]);
      return fields.penalty ? incident("penalty", "Penalty conceded") : null;
    case "substitution":
      return incident("substitution", "Substitution", [fields.replacement_name, player].filter(Boolean).join(" for "));
    case "period_start":
      return { kind: "period", title: `${PERIOD[event.period] ?? "Period"} begins`, detail: "", team: null };
    case "period_end":
      return { kind: "period", title: `${PERIOD[event.period] ?? "Period"} ends`, detail: "", team: null };
    case "player_off":
      return incident("player", "Leaves the pitch");
    case "player_on":
      return incident("player", "Returns to the pitch");
    case "formation":
      return incident("formation", "Tactical shift", fields.formation ? dashed(fields.formation) : "");
    case "offside":
      return incident("offside", "Offside");
    default:
      return null;
  }
}

function tellShot(event, incident) {
  const player = event.fields?.player_name ?? "";
  const scored = event.fields?.outcome === "goal";
  if (event.period === SHOOT_OUT) return incident("shootout", scored ? "Penalty scored" : "Penalty missed");
  const detail = [player, shotDetail(event)].filter(Boolean).join(" · ");
  return incident(scored ? "goal" : "shot", shotText(event), detail);
}

/** "433" as it is spoken: 4-3-3. */
function dashed(formation) {
  return /^\d+$/.test(formation) ? [...formation].join("-") : formation;
}
