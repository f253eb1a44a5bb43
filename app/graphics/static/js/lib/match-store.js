/** One match, kept up to date: what the match page draws from. */

import { getAll, getJson, matchPath } from "./api.js";
import { LiveStream } from "./stream.js";
import { FOLLOWED_TYPES, TOLD_TYPES } from "./incidents.js";
import { SHOOT_OUT, byMoment } from "./axis.js";

const SIGNALS = ["win_probability", "xg", "ppda", "momentum"];
const EVENTS = "events";
const STATE = "state";
// Corrections come in bursts; one look at the history answers all of them.
const SETTLE_MS = 200;
const RETRY_MS = 2_000;

/**
 * Dispatches `change` (at most one a turn of the event loop) and `connection`.
 *
 * Frames are applied as they arrive. History is read after every snapshot and after every correction; what arrives
 * while it is being read is applied again on top, so that neither can hide the other.
 */
export class MatchStore extends EventTarget {
  #stream;
  #history = new Map();
  #changed = 0;
  #stopped = false;
  match = null;
  /** Latest point of each signal and subject. @type {Map<string, Map<string, object>>} */
  latest = new Map(SIGNALS.map((name) => [name, new Map()]));

  /** @param {string} id */
  constructor(id) {
    super();
    this.id = id;
    for (const name of [...SIGNALS, EVENTS, STATE]) {
      this.#history.set(name, { items: new Map(), run: 0, timer: 0, since: null });
    }
    this.#stream = new LiveStream({ matches: [id], signals: SIGNALS, events: FOLLOWED_TYPES });
    this.#stream.addEventListener("frame", ({ detail }) => this.#take(detail.type, detail.data));
    this.#stream.addEventListener("state", () => this.dispatchEvent(new Event("connection")));
  }

  get connection() {
    return this.#stream.state;
  }

  start() {
    this.#stream.start();
  }

  stop() {
    this.#stopped = true;
    this.#stream.stop();
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

  /** Sum of a team's xG, shoot-out left out. */
  xgTotal(team) {
    const shots = this.points("xg").filter((point) => point.team === team && point.period !== SHOOT_OUT);
    return shots.reduce((sum, point) => sum + (point.value ?? 0), 0);
  }

  #take(type, data) {
    if (data.match !== this.id) return;
    if (type === "snapshot") {
      this.#takeSnapshot(data.snapshot);
      for (const name of [...SIGNALS, EVENTS]) this.#reload(name, 0);
    } else if (type === "event") this.#takeEvent(data);
    else if (type === "end") {
      this.#takeSummary(data);
      for (const name of this.#history.keys()) this.#reload(name);
    } else if (type !== "resync") this.#takePoint(type, data);
    this.#announce();
  }

  #takeSnapshot({ match, signals }) {
    this.match = match;
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
    if (event.kind !== "retracted" && TOLD_TYPES.includes(event.type)) this.#put(EVENTS, event.source_event_id, event);
  }

  /** What was corrected may have been a goal: the score, too, is read anew. */
  #reloadAfterCorrection() {
    this.#reload(EVENTS);
    this.#reload(STATE);
  }

  #takePoint(type, frame) {
    if (frame.summary) this.#takeSummary(frame);
    if (!this.latest.has(frame.signal)) return;
    const point = { ...frame, ...frame.as_of };
    this.latest.get(frame.signal).set(frame.subject, point);
    if (type === "signal") {
      this.#put(frame.signal, pointKey(point), point);
      return;
    }
    this.#reload(frame.signal);
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
      const types = new URLSearchParams(TOLD_TYPES.map((type) => ["type", type]));
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
