/** The next snap: who has the ball, which down, where. Read from the signal `situation`, as a whole or not at all. */

import { awayName, homeName, statusText } from "../../lib/format.js";
import { isOffAir } from "../../lib/probability.js";
import { otherSide, tags } from "./names.js";

const [SNAP, TRY] = [0, 1];
const ORDINAL = { 1: "1st", 2: "2nd", 3: "3rd", 4: "4th" };
const MIDDLE = 50;
const FIELD_YD = 100;

/**
 * @typedef {object} Situation
 * @property {"home" | "away"} side who has the ball; of a kick-off, who receives it
 * @property {"snap" | "try" | "kick-off"} due
 * @property {number | null} down
 * @property {number | null} distance yards to the line to gain
 * @property {number | null} toGoal yards to the goal line that `side` attacks
 * @property {number} choices of a fourth down: 1 go, 2 kick, 4 punt, added up
 */

/**
 * @param {object} match
 * @param {Map<string, object> | undefined} points of the signal, by subject
 * @returns {Situation | null} null where it is not known, and while no snap is due
 */
export function situationOf(match, points) {
  if (!points || match.status !== "live") return null;
  const number = (subject) => {
    const point = points.get(subject);
    return point && !isOffAir(point) ? point.value : null;
  };
  const [possession, due] = [number("possession"), number("due")];
  if (possession === null || due === null) return null;
  const side = possession === 1 ? "home" : "away";
  if (due !== SNAP && due !== TRY) return { side, due: "kick-off", down: null, distance: null, toGoal: null, choices: 0 };
  const toGoal = number("yards_to_goal");
  if (due === TRY) return { side, due: "try", down: null, distance: null, toGoal, choices: 0 };
  const [down, distance] = [number("down"), number("distance_yd")];
  if (!(down in ORDINAL) || distance === null || toGoal === null) return null;
  return { side, due: "snap", down, distance, toGoal, choices: number("choices") ?? 0 };
}

/** "3rd & 7", "1st & Goal", "Kick-off"; why there is none of it where that is plain; null where it is not known. */
export function downText(match, situation) {
  if (!situation) return match.status === "live" ? null : statusText(match.status);
  if (situation.due !== "snap") return situation.due === "try" ? "Try" : "Kick-off";
  return downAndDistance(situation.down, situation.distance, situation.toGoal);
}

export function downAndDistance(down, distance, toGoal) {
  return `${ORDINAL[down]} & ${distance >= toGoal ? "Goal" : distance}`;
}

/** The situation in one line: "Hillside, 3rd & 7 at HAR 34", "Kick-off, Hillside receive", or why there is none. */
export function situationText(match, situation) {
  const down = downText(match, situation) ?? "";
  if (!situation) return down;
  const name = teamOf(match, situation.side);
  if (situation.due === "kick-off") return `${down}, ${name} receive`;
  return situation.due === "try" ? `${down}, ${name}` : `${name}, ${down} at ${spotText(match, situation.side, situation.toGoal)}`;
}

export function teamOf(match, side) {
  return side === "home" ? homeName(match) : awayName(match);
}

/** "UTA 34": yards from the goal line of the half that the ball lies in. */
export function spotText(match, side, toGoal) {
  if (toGoal === MIDDLE) return "50";
  const names = tags(match);
  return toGoal > MIDDLE ? `${names[side]} ${FIELD_YD - toGoal}` : `${names[otherSide(side)]} ${toGoal}`;
}

/** Yards from the home team's goal line, 0 to 100: home attacks to the right on every drawing. */
export function placeOf(side, toGoal) {
  return side === "home" ? FIELD_YD - toGoal : toGoal;
}

/** Where the line to gain lies, as `placeOf`: the goal line on goal to go. */
export function lineToGain({ side, distance, toGoal }) {
  return placeOf(side, Math.max(toGoal - distance, 0));
}
