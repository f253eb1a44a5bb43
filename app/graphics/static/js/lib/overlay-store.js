/** What a win probability graphic may show at any moment: only states that were true together. */

import { getJson, matchPath } from "./api.js";
import { FOLLOWED_TYPES } from "./incidents.js";
import { UNKNOWN, probabilityOf } from "./probability.js";
import { LiveStream } from "./stream.js";

const SIGNAL = "win_probability";
const STALE_MS = 90_000;
const SETTLE_MS = 400;
const WATCH_MS = 250;

/**
 * Dispatches `change`. `match` is null until the match is known, and never again after that.
 *
 * The three outcomes come as three frames. They are shown once they belong together; when they do not within a
 * moment, the snapshot says what is true.
 */
export class OverlayStore extends EventTarget {
  #stream;
  #points = new Map();
  #staleMs = STALE_MS;
  #settle = 0;
  match = null;
  probability = UNKNOWN;
  /** Whether the last state is too old to look current. */
  stale = false;

  /** @param {string} id */
  constructor(id) {
    super();
    this.id = id;
    this.#stream = new LiveStream({ matches: [id], signals: [SIGNAL], events: FOLLOWED_TYPES });
    this.#stream.addEventListener("frame", ({ detail }) => this.#take(detail.type, detail.data));
    this.#stream.addEventListener("state", () => this.#announce());
  }

  get connection() {
    return this.#stream.state;
  }

  start() {
    this.#stream.start();
    setInterval(() => this.#watch(), WATCH_MS);
  }

  /** A value grows stale only while nothing proves that it still holds: no frame is also what "unchanged" looks like. */
  #watch() {
    const stale = this.connection !== "live" && performance.now() - this.#stream.aliveAt > this.#staleMs;
    if (stale === this.stale) return;
    this.stale = stale;
    this.#announce();
  }

  #take(type, data) {
    if (data.match !== this.id) return;
    if (type === "snapshot") this.#takeSnapshot(data.snapshot);
    else if (type === "event" || type === "end") this.#takeSummary(type, data);
    else if (data.signal === SIGNAL) this.#takePoint(type, data);
    this.#announce();
  }

  #takeSnapshot({ match, signals }) {
    clearTimeout(this.#settle);
    this.match = match;
    this.#points = new Map(signals.filter((point) => point.signal === SIGNAL).map((point) => [point.subject, point]));
    this.probability = probabilityOf(this.#points) ?? this.probability;
  }

  #takeSummary(type, { summary, event, as_of }) {
    this.match = { ...this.match, ...summary, version: as_of.version };
    if (type === "event" && event.kind !== "recorded") this.#settleSoon();
  }

  #takePoint(type, frame) {
    if (frame.summary) this.match = { ...this.match, ...frame.summary, version: frame.as_of.version };
    this.#staleMs = frame.stale_after_ms ?? STALE_MS;
    this.#points.set(frame.subject, frame);
    const together = probabilityOf(this.#points);
    if (together) this.probability = together;
    // A correction names one outcome; the others, and the score, may have moved with it.
    if (!together || type !== "signal") this.#settleSoon();
  }

  #settleSoon() {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(async () => {
      try {
        const snapshot = await getJson(matchPath(this.id, "/snapshot"));
        if (snapshot.match.version < this.match?.version) return this.#settleSoon();
        this.#takeSnapshot(snapshot);
        this.#announce();
      } catch {
        // The last state that was true together stays; a connection that is back brings a snapshot.
      }
    }, SETTLE_MS);
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}
