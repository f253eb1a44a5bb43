/** The time axis of a match: one stretch a period, so that what is added to one does not lie under the next. */

/** @typedef {{period: number, elapsed_s: number}} Moment elapsed_s is the match clock of the sport */

/**
 * The periods of a sport.
 * @typedef {object} Clock
 * @property {Record<number, number>} starts_s match clock at which each period opens
 * @property {Record<number, number>} regular_s its length without what is added
 * @property {Record<number, string>} opens label where it opens; the first one has its own
 * @property {(last: number) => number[]} periods those that are drawn when this is the last one reached
 * @property {number} tick_s distance of the labels within a period
 * @property {(elapsed_s: number) => string} label of a moment of the match clock; empty for none
 */

export class MatchAxis {
  /**
   * @param {Clock} clock
   * @param {Moment[]} moments all that must fit
   * @param {number} left pixel of the start
   * @param {number} right pixel of the end
   */
  constructor(clock, moments, left, right) {
    this.clock = clock;
    const length = { ...clock.regular_s };
    let last = 1;
    for (const { period, elapsed_s } of moments) {
      if (!(period in clock.starts_s)) continue;
      last = Math.max(last, period);
      length[period] = Math.max(length[period], elapsed_s - clock.starts_s[period]);
    }
    this.periods = clock.periods(last);
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

  /** Pixel of a moment; before the match is its start, after the last period is its end. */
  x({ period, elapsed_s }) {
    if (period < 1) return this.left;
    if (!(period in this.opens)) return this.right;
    const since = Math.min(Math.max(elapsed_s - this.clock.starts_s[period], 0), this.length[period]);
    return this.opens[period] + since * this.scale;
  }

  /** Width of one minute in pixels. */
  get minute() {
    return 60 * this.scale;
  }

  /** @returns {{x: number, label: string, period: boolean}[]} `period`: a new period opens here */
  ticks() {
    const { opens, regular_s, tick_s } = this.clock;
    const ticks = [];
    for (const period of this.periods) {
      ticks.push({ x: this.opens[period], label: opens[period], period: period > this.periods[0] });
      for (let s = tick_s; s < regular_s[period]; s += tick_s) ticks.push(this.#tick(period, s));
    }
    const last = this.periods.at(-1);
    ticks.push(this.#tick(last, regular_s[last]));
    return ticks.filter((tick) => tick.label);
  }

  #tick(period, since) {
    const label = this.clock.label(this.clock.starts_s[period] + since);
    return { x: this.opens[period] + since * this.scale, label, period: false };
  }
}

/** Order of the match. What is of one moment stays in the order in which it came: the API's is that of the feed. */
export function byMoment(a, b) {
  return a.period - b.period || a.elapsed_s - b.elapsed_s;
}
