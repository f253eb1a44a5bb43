/** The time axis of a match: one stretch a period, so that stoppage time has room of its own. */

const START_S = { 1: 0, 2: 2700, 3: 5400, 4: 6300 };
const REGULAR_S = { 1: 2700, 2: 2700, 3: 900, 4: 900 };
const OPENS = { 2: "HT", 3: "ET", 4: "105" };
export const SHOOT_OUT = 5;

/** @typedef {{period: number, elapsed_s: number}} Moment elapsed_s is the match clock: the second half opens at 2700 */

export class MatchAxis {
  /**
   * @param {Moment[]} moments all that must fit; two halves always do
   * @param {number} left pixel of kick-off
   * @param {number} right pixel of the end
   */
  constructor(moments, left, right) {
    const length = { ...REGULAR_S };
    let last = 2;
    for (const { period, elapsed_s } of moments) {
      if (!(period in START_S)) continue;
      last = Math.max(last, period);
      length[period] = Math.max(length[period], elapsed_s - START_S[period]);
    }
    this.periods = [1, 2, 3, 4].slice(0, last > 2 ? 4 : 2);
    const total = this.periods.reduce((sum, period) => sum + length[period], 0);
    this.left = left;
    this.right = right;
    this.scale = (right - left) / total;
    this.opens = {};
    let at = left;
    for (const period of this.periods) {
      this.opens[period] = at;
      at += length[period] * this.scale;
    }
    this.length = length;
  }

  /** Pixel of a moment; before kick-off is kick-off, after the last period is its end. */
  x({ period, elapsed_s }) {
    if (period < 1) return this.left;
    if (!(period in this.opens)) return this.right;
    const since = Math.min(Math.max(elapsed_s - START_S[period], 0), this.length[period]);
    return this.opens[period] + since * this.scale;
  }

  /** Width of one minute in pixels. */
  get minute() {
    return 60 * this.scale;
  }

  /** @returns {{x: number, label: string, period: boolean}[]} `period`: a new period opens here */
  ticks() {
    const ticks = [];
    for (const period of this.periods) {
      ticks.push({ x: this.opens[period], label: OPENS[period] ?? "0", period: period > 1 });
      for (let s = 900; s < REGULAR_S[period]; s += 900) ticks.push(this.#tick(period, s));
    }
    const last = this.periods.at(-1);
    ticks.push(this.#tick(last, REGULAR_S[last]));
    return ticks;
  }

  #tick(period, since) {
    const minute = (START_S[period] + since) / 60;
    return { x: this.opens[period] + since * this.scale, label: String(minute), period: false };
  }
}

/** Order of the match. */
export function byMoment(a, b) {
  return a.period - b.period || a.elapsed_s - b.elapsed_s || (a.version ?? 0) - (b.version ?? 0);
}

/** The minute as it is called: 63' for 62:12, 45+2' for 45+1:10. */
export function minuteLabel({ period, elapsed_s }) {
  const regular = START_S[period] + REGULAR_S[period];
  if (elapsed_s >= regular) return `${regular / 60}+${Math.floor((elapsed_s - regular) / 60) + 1}'`;
  return `${Math.floor(elapsed_s / 60) + 1}'`;
}
