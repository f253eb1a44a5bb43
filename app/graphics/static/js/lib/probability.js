/** The win probability as a whole: numbers that belong together, one an outcome of the sport, or none. */

import { wholePercents } from "./format.js";

// Values are rounded to a resolution, so a few of them may miss 1 by a little.
const TOLERANCE = 0.02;

/**
 * @typedef {{state: "ok" | "suspended" | "unknown", shares: number[] | null, percents: number[] | null}} Probability
 * shares and percents are in the order of the outcomes.
 */

/** @type {Probability} */
export const UNKNOWN = { state: "unknown", shares: null, percents: null };

/**
 * The probability that the points of all outcomes say together.
 *
 * "suspended" when one of them is suspended, withdrawn or has no value. null when they do not belong together: the
 * frames of one moment arrive one after another, and in between old and new values do not sum to one.
 * @param {Map<string, {value: number | null, status: string}>} points by outcome
 * @param {string[]} outcomes of the sport
 * @returns {Probability | null}
 */
export function probabilityOf(points, outcomes) {
  const all = outcomes.map((outcome) => points.get(outcome));
  if (all.every((point) => point === undefined)) return UNKNOWN;
  if (all.some((point) => point === undefined)) return null;
  if (all.some(isOffAir)) return { state: "suspended", shares: null, percents: null };
  const shares = all.map((point) => point.value);
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > TOLERANCE) return null;
  return { state: "ok", shares, percents: wholePercents(shares) };
}

/** Whether a value must not be shown. */
export function isOffAir(point) {
  return typeof point.value !== "number" || point.status === "suspended" || point.status === "withdrawn";
}
