/** Plays in words, and those that decided the game. */

import { sideOf } from "../../lib/format.js";
import { isOffAir } from "../../lib/probability.js";
import { tags } from "./names.js";
import { downAndDistance, spotText } from "./situation.js";

const PLAYS = ["kickoff", "run", "pass", "sack", "punt", "field_goal", "extra_point", "two_point", "penalty"];
/** Event types that the match page reads. */
export const TOLD_TYPES = [...PLAYS, "score", "period_end"];
/** Event types that a stream is asked for: those, and what changes the head of a game. */
export const FOLLOWED_TYPES = [...TOLD_TYPES, "timeout", "game_info", "game_end", "match_info", "status", "official_score"];

const TITLE = {
  kickoff: "Kick-off",
  punt: "Punt",
  field_goal: "Field goal try",
  extra_point: "Extra point",
  two_point: "Two-point try",
  penalty: "Penalty",
  score: "Score",
};
const SCORE = {
  touchdown: "Touchdown",
  field_goal: "Field goal",
  safety: "Safety",
  extra_point: "Extra point good",
  two_point: "Two-point try good",
  defensive_two_point: "Two points for the defense",
};
const QUARTER = { 1: "End of the first quarter", 2: "Half-time", 3: "End of the third quarter", 4: "End of regulation" };
const MOST = 5;

/** What a play is called: its score, its turnover, or its down. */
export function playTitle(match, event) {
  const f = event.fields ?? {};
  if (event.type === "period_end") return QUARTER[event.period] ?? "End of overtime";
  if (f.points && SCORE[f.score_kind]) return SCORE[f.score_kind];
  if (f.intercepted) return "Interception";
  if (f.fumble_lost) return "Fumble lost";
  if (TITLE[event.type]) return TITLE[event.type];
  const side = sideOf(match, event.team);
  if (!side || !f.down || !f.yards_to_goal) return event.type === "sack" ? "Sack" : "Play";
  return `${downAndDistance(f.down, f.distance_yd ?? f.yards_to_goal, f.yards_to_goal)} at ${spotText(match, side, f.yards_to_goal)}`;
}

/** What the feed says of a play, on one line. */
export function playText(event) {
  return (event?.fields?.text ?? "").replace(/\s+/g, " ").trim();
}

/** The side that a play scored for; null where it did not. */
export function scoringSide(match, event) {
  return event.fields?.points ? sideOf(match, event.fields.scoring_team) : null;
}

/**
 * The plays that changed the win probability most, in the order of the game.
 * @param {object[]} points of the signal `key_plays`, in match order
 * @param {Map<string, object>} events by id
 */
export function keyPlays(match, points, events, most = MOST) {
  const plays = points
    .map((point, order) => ({ ...point, order, side: sideOf(match, point.subject), event: events.get(point.source_event_id) ?? null }))
    .filter((play) => play.side && !isOffAir(play));
  const chosen = plays.sort((a, b) => b.value - a.value || a.order - b.order).slice(0, most);
  return chosen.sort((a, b) => a.order - b.order).map((play, index) => ({ ...play, number: index + 1 }));
}

/** Rows of the ticker, in match order. gains: of the signal `key_plays`, its points by event. */
export function tickerRows(match, events, gains) {
  return events.map((event) => {
    const scored = scoringSide(match, event);
    const gain = gains.get(event.source_event_id);
    const gained = gain && sideOf(match, gain.subject);
    const turned = event.fields?.intercepted || event.fields?.fumble_lost;
    return {
      id: event.source_event_id,
      clock: event.clock_display,
      kind: event.type === "period_end" ? "period" : scored ? "goal" : turned ? "turnover" : "play",
      title: playTitle(match, event),
      detail: playText(event),
      side: scored ?? sideOf(match, event.team),
      extra: gained && !isOffAir(gain) ? `${tags(match)[gained]} +${Math.round(gain.value * 100)}%` : "",
    };
  });
}
