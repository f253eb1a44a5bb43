/** The three-way win probability as a whole: three numbers that belong together, or none. */

import { wholePercents } from "./format.js";

export const OUTCOMES = ["home", "draw", "away"];
// Values are rounded to a resolution, so three of them may miss 1 by a little.
const TOLERANCE = 0.02;

/**
 * @typedef {{state: "ok" | "suspended" | "unknown", shares: number[] | null, percents: number[] | null}} Probability
 * shares and percents are in the order of OUTCOMES.
 */

/** @type {Probability} */
export const UNKNOWN = { state: "unknown", shares: null, percents: null };

/**
 * The probability that three points say together.
 *
 * "suspended" when one of them is suspended, withdrawn or has no value. null when they do not belong together: the
 * frames of one moment arrive one after another, and in between old and new values do not sum to one.
 * @param {Map<string, {value: number | null, status: string}>} points by outcome
 * @returns {Probability | null}
 */
export function probabilityOf(points) {
  const three = OUTCOMES.map((outcome) => points.get(outcome));
  if (three.every((point) => point === undefined)) return UNKNOWN;
  if (three.some((point) => point === undefined)) return null;
  if (three.some(isOffAir)) return { state: "suspended", shares: null, percents: null };
  const shares = three.map((point) => point.value);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > TOLERANCE) return null;
  return { state: "ok", shares, percents: wholePercents(shares) };
}

/** Whether a value must not be shown. */
export function isOffAir(point) {
  return typeof point.value !== "number" || point.status === "suspended" || point.status === "withdrawn";
}
