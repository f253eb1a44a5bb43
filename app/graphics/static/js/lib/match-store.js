/** One match, kept up to date: what the match page draws from. */

import { getAll, getJson, matchPath } from "./api.js";
import { byMoment } from "./axis.js";
import { Commits } from "./commits.js";
import { loadSport } from "./sports.js";
import { LiveStream } from "./stream.js";

const EVENTS = "events";
const STATE = "state";
// Corrections come in bursts; one look at the history answers all of them.
const SETTLE_MS = 200;
const RETRY_MS = 2_000;

/**
 * Dispatches `change` (at most one a turn of the event loop) and `connection`.
 *
 * Until the sport is known the stream is asked for everything; its first snapshot tells, and then for what the sport's
 * page follows. Frames are applied commit by commit, as they arrive. History is read after every snapshot and after
 * every correction; what arrives while it is being read is applied again on top, so that neither can hide the other.
 */
export class MatchStore extends EventTarget {
  #stream;
  #history = new Map();
  #commits = new Commits((frames) => this.#apply(frames));
  #changed = 0;
  #stopped = false;
  match = null;
  /** What the sport brings; null until it is known. @type {import("./sports.js").SportPage | null} */
  page = null;
  /** Latest point of each signal and subject. @type {Map<string, Map<string, object>>} */
  latest = new Map();

  /** @param {string} id */
  constructor(id) {
    super();
    this.id = id;
    this.#stream = new LiveStream({ matches: [id], signals: [], events: [] });
    this.#stream.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#stream.addEventListener("state", () => this.dispatchEvent(new Event("connection")));
  }

  /** Connected is who knows how it stands. */
  get connection() {
    const { state } = this.#stream;
    return state === "live" && !this.match ? "connecting" : state;
  }

  start() {
    this.#stream.start();
  }

  stop() {
    this.#stopped = true;
    this.#stream.stop();
    this.#commits.stop();
    for (const history of this.#history.values()) clearTimeout(history.timer);
    clearTimeout(this.#changed);
  }

  /** Points of a signal in match order. */
  points(signal) {
    return [...this.#history.get(signal).items.values()].sort(byMoment);
  }

  /** Told events in match order. */
  get events() {
    return [...this.#history.get(EVENTS).items.values()].sort(byMoment);
  }

  #hear(frame) {
    if (frame.data.match !== this.id) return;
    if (this.page) this.#commits.take(frame);
    else if (frame.type === "snapshot") this.#meet(frame.data.snapshot.match.sport);
  }

  /** The sport is known: from here on the stream is asked for what its page follows. */
  async #meet(sport) {
    const page = await loadSport(sport);
    if (this.page || this.#stopped) return;
    this.page = page;
    const followed = [...page.signals, ...page.latest];
    this.latest = new Map(followed.map((name) => [name, new Map()]));
    for (const name of [...page.signals, EVENTS, STATE]) {
      this.#history.set(name, { items: new Map(), run: 0, timer: 0, since: null });
    }
    // Nothing to follow means score and clock, which come with everything.
    this.#stream.narrow({ matches: [this.id], signals: followed, events: page.followed });
  }

  #apply(frames) {
    for (const { type, data } of frames) this.#take(type, data);
    this.#announce();
  }

  #take(type, data) {
    if (type === "snapshot") {
      this.#takeSnapshot(data.snapshot);
      for (const name of [...this.page.signals, ...(this.page.told.length ? [EVENTS] : [])]) this.#reload(name, 0);
    } else if (type === "event") this.#takeEvent(data);
    else if (type === "end") {
      this.#takeSummary(data);
      for (const name of this.page.signals) this.#reload(name);
      this.#reloadAfterCorrection();
    } else if (type !== "resync") this.#takePoint(type, data);
  }

  #takeSnapshot({ match, signals }) {
    const first = !this.match;
    this.match = match;
    if (first) this.dispatchEvent(new Event("connection"));
    for (const points of this.latest.values()) points.clear();
    for (const point of signals) this.latest.get(point.signal)?.set(point.subject, point);
  }

  /** Frames come in the order of commits, so the latest one is right; it names its version beside the summary. */
  #takeSummary({ summary, as_of }) {
    this.match = { ...this.match, ...summary, version: as_of.version };
  }

  #takeEvent(data) {
    const { event } = data;
    this.#takeSummary(data);
    if (event.kind !== "recorded") this.#reloadAfterCorrection();
    if (event.kind !== "retracted" && this.page.told.includes(event.type)) this.#put(EVENTS, event.source_event_id, event);
  }

  /** What was corrected may have been a goal: the score, too, is read anew. */
  #reloadAfterCorrection() {
    if (this.page.told.length) this.#reload(EVENTS);
    this.#reload(STATE);
  }

  #takePoint(type, frame) {
    if (frame.summary) this.#takeSummary(frame);
    if (!this.latest.has(frame.signal)) return;
    const point = { ...frame, ...frame.as_of };
    this.latest.get(frame.signal).set(frame.subject, point);
    const hasHistory = this.page.signals.includes(frame.signal);
    if (type === "signal") {
      if (hasHistory) this.#put(frame.signal, pointKey(point), point);
      return;
    }
    if (hasHistory) this.#reload(frame.signal);
    this.#reloadAfterCorrection();
  }

  #put(name, key, item) {
    const history = this.#history.get(name);
    history.since?.push([key, item]);
    putNewest(history.items, key, item);
  }

  /** Read anew in a moment. Whoever asks while that is pending is answered by it: a burst must not put it off. */
  #reload(name, delay = SETTLE_MS) {
    const history = this.#history.get(name);
    history.timer ||= setTimeout(() => {
      history.timer = 0;
      this.#load(name);
    }, delay);
  }

  async #load(name) {
    const history = this.#history.get(name);
    const run = ++history.run;
    history.since = [];
    try {
      if (name === STATE) return await this.#readState(run);
      const items = await this.#read(name);
      if (run !== history.run || this.#stopped) return;
      for (const [key, item] of history.since) putNewest(items, key, item);
      history.items = items;
      history.since = null;
      this.#announce();
    } catch {
      // A connection that is back brings a snapshot and thereby another try; this one is for the rest.
      if (run === history.run && !this.#stopped) this.#reload(name, RETRY_MS);
    }
  }

  async #readState(run) {
    const snapshot = await getJson(matchPath(this.id, "/snapshot"));
    if (run !== this.#history.get(STATE).run || this.#stopped) return;
    // Overtaken by newer frames on the way: ask again rather than turn the clock back.
    if (snapshot.match.version < this.match.version) return this.#reload(STATE);
    this.#takeSnapshot(snapshot);
    this.#announce();
  }

  async #read(name) {
    if (name === EVENTS) {
      const types = new URLSearchParams(this.page.told.map((type) => ["type", type]));
      const events = await getAll(matchPath(this.id, "/events"), types);
      return new Map(events.map((event) => [event.source_event_id, event]));
    }
    const points = await getAll(matchPath(this.id, "/signals"), new URLSearchParams({ signal: name }));
    return new Map(points.map((point) => [pointKey(point), point]));
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

function pointKey(point) {
  return `${point.subject}|${point.anchor}`;
}

function putNewest(items, key, item) {
  const known = items.get(key);
  if (known && (known.revision ?? 0) > (item.revision ?? 0)) return;
  if (known && known.version > item.version && (known.revision ?? 0) === (item.revision ?? 0)) return;
  items.set(key, item);
}
