/** The periods of a soccer match: two halves, extra time, and a shoot-out that has no clock. */

export const SHOOT_OUT = 5;

/** @type {import("../../lib/axis.js").Clock} */
export const CLOCK = {
  starts_s: { 1: 0, 2: 2700, 3: 5400, 4: 6300 },
  regular_s: { 1: 2700, 2: 2700, 3: 900, 4: 900 },
  opens: { 1: "0", 2: "HT", 3: "ET", 4: "105" },
  periods: (last) => (last > 2 ? [1, 2, 3, 4] : [1, 2]),
  tick_s: 900,
  label: (elapsed_s) => String(elapsed_s / 60),
};

/** The minute as it is called: 63' for 62:12, 45+2' for 45+1:10. */
export function minuteLabel({ period, elapsed_s }) {
  const regular = CLOCK.starts_s[period] + CLOCK.regular_s[period];
  if (elapsed_s >= regular) return `${regular / 60}+${Math.floor((elapsed_s - regular) / 60) + 1}'`;
  return `${Math.floor(elapsed_s / 60) + 1}'`;
}
