/** What an overlay may show at any moment: only states that were true together. */

import { getJson, matchPath } from "./api.js";
import { Commits } from "./commits.js";
import { loadSport } from "./sports.js";
import { LiveStream } from "./stream.js";

const STALE_MS = 90_000;
const SETTLE_MS = 400;
const WATCH_MS = 250;

/**
 * Dispatches `change`. `match` is null until the match is known, and never again after that.
 *
 * Frames are applied commit by commit. After a correction, and where a subclass finds that values do not belong together,
 * the snapshot says what is true.
 */
export class OverlayFeed extends EventTarget {
  #stream;
  #commits = new Commits((frames) => this.#apply(frames));
  #signals;
  #staleMs = STALE_MS;
  #settle = 0;
  match = null;
  /** What the sport brings; null until it is known. @type {import("./sports.js").SportPage | null} */
  page = null;
  /** Newest point of each signal and subject. @type {Map<string, Map<string, object>>} */
  latest = new Map();
  /** Whether the last state is too old to look current. */
  stale = false;

  /**
   * @param {string} id
   * @param {string[]} signals those that are shown
   */
  constructor(id, signals) {
    super();
    this.id = id;
    this.#signals = signals;
    this.#stream = new LiveStream({ matches: [id], signals: [], events: [] });
    this.#stream.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#stream.addEventListener("state", () => this.#announce());
  }

  get connection() {
    return this.#stream.state;
  }

  start() {
    this.#stream.start();
    setInterval(() => this.#watch(), WATCH_MS);
  }

  /** Called after each commit and each snapshot; false asks for the snapshot, as values do not belong together. */
  settled() {
    return true;
  }

  /** An event of the match. */
  happened(_event) {}

  /** A value grows stale only while nothing proves that it still holds: no frame is also what "unchanged" looks like. */
  #watch() {
    const stale = this.connection !== "live" && performance.now() - this.#stream.aliveAt > this.#staleMs;
    if (stale === this.stale) return;
    this.stale = stale;
    this.#announce();
  }

  #hear(frame) {
    if (frame.data.match !== this.id) return;
    if (this.page) this.#commits.take(frame);
    else if (frame.type === "snapshot") this.#meet(frame.data.snapshot.match.sport);
  }

  async #meet(sport) {
    const page = await loadSport(sport);
    if (this.page) return;
    this.page = page;
    this.#stream.narrow({ matches: [this.id], signals: this.#signals, events: page.followed });
  }

  #apply(frames) {
    let doubtful = false;
    for (const { type, data } of frames) doubtful = this.#take(type, data) || doubtful;
    if (!this.settled() || doubtful) this.#settleSoon();
    this.#announce();
  }

  /** Returns whether more may have moved than the frame says. */
  #take(type, data) {
    if (type === "resync") return false;
    if (type === "snapshot") {
      this.#takeSnapshot(data.snapshot);
      return false;
    }
    if (data.summary) this.match = { ...this.match, ...data.summary, version: data.as_of.version };
    if (type === "end") return false;
    if (type === "event") {
      this.happened(data.event);
      return data.event.kind !== "recorded";
    }
    this.#staleMs = data.stale_after_ms ?? STALE_MS;
    this.#put({ ...data, ...data.as_of });
    // A correction names one subject; the others, and the score, may have moved with it.
    return type !== "signal";
  }

  #takeSnapshot({ match, signals }) {
    clearTimeout(this.#settle);
    this.match = match;
    this.latest = new Map();
    for (const point of signals) if (this.#signals.includes(point.signal)) this.#put(point);
  }

  #put(point) {
    if (!this.latest.has(point.signal)) this.latest.set(point.signal, new Map());
    this.latest.get(point.signal).set(point.subject, point);
  }

  #settleSoon() {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(async () => {
      try {
        const snapshot = await getJson(matchPath(this.id, "/snapshot"));
        if (snapshot.match.version < this.match?.version) return this.#settleSoon();
        this.#takeSnapshot(snapshot);
        this.settled();
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
