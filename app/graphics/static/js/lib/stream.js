/** The event stream, kept open for ever. */

import { isAlive } from "./api.js";

const FRAMES = ["snapshot", "event", "signal", "correction", "withdrawn", "resync", "end"];
const RETRY_S = [1, 2, 3, 4, 5];
const QUIET_MS = 15_000;
const PATROL_MS = 5_000;
// The server's comments are invisible here, so a socket that died without a word looks like a quiet match.
const RENEW_MS = 120_000;
// A browser's own attempt may hang in a proxy that accepts and never answers.
const CONNECT_MS = 20_000;

/** @typedef {{matches?: string[], signals: string[], events: string[]}} Filter no match means all of them */

/**
 * Dispatches `frame` (detail: {type, data}) and `state` (detail: "connecting" | "live" | "lost").
 *
 * The browser resumes by itself after a dropped connection (Last-Event-ID). After an HTTP error it gives up; then
 * this opens a new one, which begins with a snapshot.
 */
export class LiveStream extends EventTarget {
  #url;
  #source = null;
  #failures = 0;
  #retry = 0;
  #patrol = 0;
  #openedAt = 0;
  #heardAt = 0;
  #online = () => this.#reopenNow();
  /** @type {"connecting" | "live" | "lost"} */
  state = "connecting";
  /** When the server last proved that it is there (milliseconds, monotonic). */
  aliveAt = performance.now();

  /** @param {Filter} filter */
  constructor(filter) {
    super();
    this.#url = address(filter);
  }

  /** Ask for something else from here on. What is known goes on to count; the new stream begins with a snapshot. */
  narrow(filter) {
    this.#url = address(filter);
    clearTimeout(this.#retry);
    this.#open();
  }

  start() {
    this.#open();
    this.#patrol = setInterval(() => this.#check(), PATROL_MS);
    addEventListener("online", this.#online);
    // A page restored from the back-forward cache comes with a closed stream.
    addEventListener("pageshow", this.#online);
  }

  stop() {
    clearInterval(this.#patrol);
    clearTimeout(this.#retry);
    removeEventListener("online", this.#online);
    removeEventListener("pageshow", this.#online);
    this.#source?.close();
    this.#source = null;
  }

  #open() {
    this.#source?.close();
    const source = new EventSource(this.#url);
    this.#source = source;
    this.#openedAt = this.#heardAt = performance.now();
    source.onopen = () => {
      this.#failures = 0;
      this.#heard();
      this.#become("live");
    };
    source.onerror = () => {
      if (source !== this.#source) return;
      this.#become("lost");
      this.#openedAt = performance.now();
      if (source.readyState === EventSource.CLOSED) this.#reopenLater();
    };
    for (const type of FRAMES) source.addEventListener(type, (message) => this.#deliver(type, message));
  }

  #deliver(type, message) {
    this.#heard();
    this.dispatchEvent(new CustomEvent("frame", { detail: { type, data: JSON.parse(message.data).data } }));
  }

  #heard() {
    this.#heardAt = this.aliveAt = performance.now();
  }

  #reopenLater() {
    clearTimeout(this.#retry);
    const seconds = RETRY_S[Math.min(this.#failures, RETRY_S.length - 1)];
    this.#failures += 1;
    // A little disorder keeps a hall full of screens from returning in the same instant.
    this.#retry = setTimeout(() => this.#open(), seconds * 1000 * (0.85 + 0.3 * Math.random()));
  }

  #reopenNow() {
    if (this.#source?.readyState === EventSource.OPEN) return;
    clearTimeout(this.#retry);
    this.#open();
  }

  async #check() {
    const source = this.#source;
    const now = performance.now();
    if (!source || source.readyState === EventSource.CLOSED) return;
    if (source.readyState === EventSource.CONNECTING) {
      if (now - this.#openedAt > CONNECT_MS) this.#open();
      return;
    }
    if (now - this.#heardAt < QUIET_MS) return;
    const alive = await isAlive();
    if (source !== this.#source || source.readyState !== EventSource.OPEN) return;
    if (alive) {
      this.aliveAt = performance.now();
      if (now - this.#heardAt > RENEW_MS) this.#open();
    } else {
      source.close();
      this.#become("lost");
      this.#reopenLater();
    }
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

function address({ matches = [], signals, events }) {
  const query = new URLSearchParams();
  for (const id of matches) query.append("match", id);
  for (const name of signals) query.append("signal", name);
  for (const type of events) query.append("event", type);
  return `/v1/stream?${query}`;
}
