/** The win probability of a match for an overlay: the numbers of all outcomes together, or those before them. */

import { OverlayFeed } from "../lib/overlay-feed.js";
import { UNKNOWN, probabilityOf } from "../lib/probability.js";

const SIGNAL = "win_probability";

/**
 * The outcomes come as one frame each. They are shown once they belong together; when they do not within a moment, the
 * snapshot says what is true.
 */
export class ProbabilityFeed extends OverlayFeed {
  probability = UNKNOWN;

  constructor(id) {
    super(id, [SIGNAL]);
  }

  settled() {
    const together = probabilityOf(this.latest.get(SIGNAL) ?? new Map(), this.page.outcomes);
    if (together) this.probability = together;
    return together !== null;
  }
}
