/** Every match, kept up to date: what the match centre draws from. */

import { HttpError, getAll, getJson, matchPath } from "./api.js";
import { Commits } from "./commits.js";
import { isLoaded, loadEverySport, loadSport, sportPage } from "./sports.js";
import { LiveStream } from "./stream.js";

const RELIST_MS = 30_000;
const SETTLE_MS = 300;
// The stream begins with a snapshot of every match that is on; only the others must be asked for.
const PATIENCE_MS = 2_000;
const RETRY_MS = 2_000;

/**
 * @typedef {{match: object, latest: Map<string, Map<string, object>>, totals: Record<string, Record<string, number>>, whole: boolean}} Entry
 * latest: by signal and subject; totals: by signal and team. whole: both have been read; before that there is nothing to say.
 *
 * Dispatches `change` and `connection`. Totals are the server's own: a new value of a signal that is summed asks for the
 * match's snapshot again, so that they cannot drift from what the API says. Which signals are followed is what the pages of all
 * sports of the service say.
 */
export class ListStore extends EventTarget {
  #stream = null;
  #commits = new Commits((frames) => {
    for (const { type, data } of frames) this.#take(type, data);
    this.#announce();
  });
  #asked = new Map();
  #relist = 0;
  #retry = 0;
  #changed = 0;
  #stopped = false;
  /** @type {Map<string, Entry>} */
  entries = new Map();
  /** Whether the list has been read once: before that, no tiles does not mean no matches. */
  listed = false;

  /** Before there is a stream. */
  #waiting = "connecting";

  get connection() {
    return this.#stream?.state ?? this.#waiting;
  }

  start() {
    this.#follow();
    this.#list();
    this.#relist = setInterval(() => this.#list(), RELIST_MS);
  }

  stop() {
    this.#stopped = true;
    this.#stream?.stop();
    this.#commits.stop();
    clearTimeout(this.#retry);
    clearInterval(this.#relist);
    clearTimeout(this.#changed);
    for (const timer of this.#asked.values()) clearTimeout(timer);
  }

  /** Open the stream of every sport's matches, as soon as the service says which sports it has. */
  async #follow() {
    let pages;
    try {
      pages = await loadEverySport();
    } catch {
      if (this.#stopped) return;
      this.#waiting = "lost";
      this.dispatchEvent(new Event("connection"));
      this.#retry = setTimeout(() => this.#follow(), RETRY_MS);
      return;
    }
    if (this.#stopped) return;
    const signals = new Set(pages.flatMap((page) => page.tile.signals));
    const events = new Set(pages.flatMap((page) => page.followed));
    this.#stream = new LiveStream({ signals: [...signals], events: [...events] });
    this.#stream.addEventListener("frame", ({ detail }) => this.#commits.take(detail));
    this.#stream.addEventListener("state", ({ detail }) => {
      if (detail === "live") this.#list();
      this.dispatchEvent(new Event("connection"));
    });
    this.#stream.start();
  }

  async #list() {
    const before = new Set(this.entries.keys());
    try {
      const matches = await getAll("/v1/matches", new URLSearchParams({ origin: "all" }));
      if (this.#stopped) return;
      await Promise.all([...new Set(matches.map((match) => match.sport))].map(loadSport));
      if (this.#stopped) return;
      const there = new Set(matches.map((match) => match.id));
      // One that appeared in the stream while the list was under way may be missing from it.
      for (const id of before) if (!there.has(id)) this.entries.delete(id);
      for (const match of matches) this.#takeMatch(match);
      this.listed = true;
      this.#announce();
    } catch {
      // The stream tells whether the server can be reached; the next look is due anyway.
    }
  }

  #take(type, data) {
    if (type === "snapshot") {
      // It answers whatever its match would have been asked for.
      clearTimeout(this.#asked.get(data.match));
      this.#asked.delete(data.match);
      this.#takeSnapshot(data.snapshot);
    } else if (type === "event" || type === "end") {
      this.#takeSummary(type, data);
    } else if (type !== "resync") this.#takePoint(type, data);
  }

  #takeSnapshot({ match, signals, totals }) {
    const entry = this.#entry(match);
    entry.match = match;
    entry.whole = true;
    entry.latest = new Map();
    for (const point of signals) put(entry.latest, point);
    entry.totals = totals ?? {};
  }

  #takeSummary(type, { summary, event, as_of }) {
    const entry = this.#entry(summary);
    entry.match = { ...entry.match, ...summary, version: as_of.version };
    if (type === "event" && event.kind !== "recorded") this.#ask(summary.id);
  }

  #takeMatch(match) {
    const entry = this.#entry(match);
    if (match.version >= (entry.match.version ?? 0)) entry.match = match;
  }

  /** A match is being looked at: see that its numbers are there. */
  need(id) {
    if (!this.entries.get(id)?.whole) this.#ask(id, PATIENCE_MS);
  }

  #takePoint(type, frame) {
    const entry = this.entries.get(frame.match);
    if (!entry) {
      this.#ask(frame.match);
      return;
    }
    if (frame.summary) entry.match = { ...entry.match, ...frame.summary, version: frame.as_of.version };
    put(entry.latest, frame);
    if (type !== "signal" || sportPage(entry.match.sport).tile.summed.includes(frame.signal)) this.#ask(frame.match);
  }

  #entry(match) {
    let entry = this.entries.get(match.id);
    if (!entry) {
      entry = { match, latest: new Map(), totals: {}, whole: false };
      if (!isLoaded(match.sport)) loadSport(match.sport).then(() => this.#announce());
      this.entries.set(match.id, entry);
    }
    return entry;
  }

  /** Read a match's snapshot, once for all the reasons that come up within a moment. */
  #ask(id, delay = SETTLE_MS) {
    if (this.#asked.has(id)) return;
    this.#asked.set(
      id,
      setTimeout(async () => {
        this.#asked.delete(id);
        try {
          const snapshot = await getJson(matchPath(id, "/snapshot"));
          if (this.#stopped) return;
          // Overtaken by newer frames on the way: ask again rather than turn the clock back.
          if (snapshot.match.version < this.entries.get(id)?.match.version) return this.#ask(id);
          this.#takeSnapshot(snapshot);
          this.#announce();
        } catch (error) {
          if (error instanceof HttpError && error.status === 404) this.entries.delete(id);
        }
      }, delay),
    );
  }

  #announce() {
    // Not put off by later frames: a burst must not keep the page from being drawn.
    if (this.#changed) return;
    this.#changed = setTimeout(() => {
      this.#changed = 0;
      this.dispatchEvent(new Event("change"));
    }, 0);
  }
}

function put(latest, point) {
  if (!latest.has(point.signal)) latest.set(point.signal, new Map());
  latest.get(point.signal).set(point.subject, point);
}
