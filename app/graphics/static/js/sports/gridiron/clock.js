/** The periods of a football game: four quarters, and as many overtimes as it takes. */

const QUARTER_S = 900;
const LAST = 20;
const FIRST_OVERTIME = 5;
const PERIODS = Array.from({ length: LAST }, (_, index) => index + 1);

/** @type {import("../../lib/axis.js").Clock} */
export const CLOCK = {
  starts_s: Object.fromEntries(PERIODS.map((period) => [period, (period - 1) * QUARTER_S])),
  regular_s: Object.fromEntries(PERIODS.map((period) => [period, QUARTER_S])),
  opens: Object.fromEntries(PERIODS.map((period) => [period, nameOf(period)])),
  periods: (last) => PERIODS.slice(0, Math.max(last, 4)),
  tick_s: QUARTER_S,
  label: () => "",
};

function nameOf(period) {
  if (period < FIRST_OVERTIME) return `Q${period}`;
  return period === FIRST_OVERTIME ? "OT" : `${period - FIRST_OVERTIME + 1}OT`;
}

/**
 * Places for moments that have no clock: college overtime stands at the end of its period all the time, so that its moments
 * are drawn one after the other, evenly.
 * @template {import("../../lib/axis.js").Moment} T
 * @param {T[]} moments in match order
 * @returns {T[]}
 */
export function spreadUntimed(moments) {
  const untimed = (moment) => moment.period >= FIRST_OVERTIME && moment.elapsed_s === moment.period * QUARTER_S;
  const counts = new Map();
  for (const moment of moments) if (untimed(moment)) counts.set(moment.period, (counts.get(moment.period) ?? 0) + 1);
  const seen = new Map();
  return moments.map((moment) => {
    const count = counts.get(moment.period);
    if (!count || !untimed(moment)) return moment;
    const turn = (seen.get(moment.period) ?? 0) + 1;
    seen.set(moment.period, turn);
    return { ...moment, elapsed_s: CLOCK.starts_s[moment.period] + (QUARTER_S * turn) / (count + 1) };
  });
}
