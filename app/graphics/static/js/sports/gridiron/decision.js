/** What a fourth down offers: the win probability of each choice, and how sure the best one is. */

import { isOffAir } from "../../lib/probability.js";

const CHOICES = [
  { name: "go", bit: 1, title: "Go for it" },
  { name: "kick", bit: 2, title: "Field goal" },
  { name: "punt", bit: 4, title: "Punt" },
];
// Chances and margin are each rounded to thousandths; beyond that they are of different moments.
const ROUNDING = 0.0016;

/**
 * @typedef {object} Decision
 * @property {{name: string, title: string, chance: number, best: boolean}[]} choices those that are open
 * @property {number | null} margin of the best over the second best; null where nothing else is open
 * @property {number} error standard error of the margin
 * @property {number} tossUpBelow margin from which the best is recommended
 * @property {boolean} tossUp
 * @property {string} best title of the best choice
 */

/**
 * @param {Map<string, object> | undefined} points of the signal `fourth_down`, by subject
 * @param {import("./situation.js").Situation | null} situation
 * @returns {Decision | null} null unless a fourth down is due and all that belongs to it is known
 */
export function decisionOf(points, situation) {
  if (!points || situation?.down !== 4) return null;
  const number = (subject) => {
    const point = points.get(subject);
    return point && !isOffAir(point) ? point.value : null;
  };
  // What is not open keeps its value from an earlier fourth down.
  const open = CHOICES.filter(({ bit }) => situation.choices & bit);
  const chances = open.map(({ name }) => number(name));
  const [margin, error, tossUpBelow] = ["margin", "error", "toss_up_below"].map(number);
  if (!open.length || [...chances, margin, error, tossUpBelow].includes(null)) return null;
  const [most, second] = [...chances].sort((a, b) => b - a);
  if (second !== undefined && Math.abs(most - second - margin) > ROUNDING) return null;
  const best = chances.indexOf(most);
  const choices = open.map(({ name, title }, index) => ({ name, title, chance: chances[index], best: index === best }));
  const alone = second === undefined;
  return { choices, margin: alone ? null : margin, error, tossUpBelow, tossUp: !alone && margin < tossUpBelow, best: open[best].title };
}

/** "Punt by 3.1 ± 0.6 pts", in points of win probability, or that it makes no difference that could be told. */
export function callText({ tossUp, best, margin, error }) {
  if (margin === null) return `${best}, the only choice`;
  const apart = `${points(margin)} ± ${points(error)} pts`;
  return tossUp ? `Toss-up: ${apart} apart` : `${best} by ${apart}`;
}

export function percent(share) {
  return `${(share * 100).toFixed(1)}%`;
}

export function points(share) {
  return (share * 100).toFixed(1);
}
