/** The lower third of the newest key play: what happened, and how much it changed. */

import { getAll, matchPath } from "../../lib/api.js";
import { h, setText } from "../../lib/dom.js";
import { DASH, sideOf } from "../../lib/format.js";
import { OverlayFeed } from "../../lib/overlay-feed.js";
import { isOffAir } from "../../lib/probability.js";
import { LowerThird } from "../../overlays/lower-third.js";
import { TOLD_TYPES, playText, playTitle } from "./plays.js";
import { teamOf } from "./situation.js";

const SIGNAL = "key_plays";
const RETRY_MS = 2_000;

/** The newest key play with its event: the value alone is not shown before the words are there. */
class KeyPlayFeed extends OverlayFeed {
  #events = new Map();
  #asking = false;
  /** @type {{point: object, event: object} | null} */
  play = null;

  constructor(id) {
    super(id, [SIGNAL]);
  }

  happened(event) {
    if (event.kind === "retracted") this.#events.delete(event.source_event_id);
    else this.#events.set(event.source_event_id, event);
  }

  settled() {
    const point = newest([...(this.latest.get(SIGNAL)?.values() ?? [])]);
    const event = point ? this.#events.get(point.source_event_id) : null;
    if (event || !point) this.play = point ? { point, event } : null;
    else {
      // A play that is no longer the newest key play must not stay as if it was.
      if (this.play && !stands(this.play.point, this.latest.get(SIGNAL))) this.play = null;
      this.#ask();
    }
    return true;
  }

  /** Read the plays of the game: a page that has just opened has not heard them. */
  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const types = new URLSearchParams(TOLD_TYPES.map((type) => ["type", type]));
      for (const event of await getAll(matchPath(this.id, "/events"), types)) this.#events.set(event.source_event_id, event);
    } catch {
      // The next try is due anyway.
    }
    // Not at once again where the play is not among them, or nothing came.
    setTimeout(() => {
      this.#asking = false;
      if (!this.play) this.#show();
    }, RETRY_MS);
    this.#show();
  }

  #show() {
    this.settled();
    this.dispatchEvent(new Event("change"));
  }
}

/** The latest of both teams' newest key plays. */
function newest(points) {
  const told = points.filter((point) => !isOffAir(point));
  return told.sort((a, b) => a.period - b.period || a.elapsed_s - b.elapsed_s || a.version - b.version).at(-1) ?? null;
}

function stands(point, latest) {
  const now = latest?.get(point.subject);
  return now?.source_event_id === point.source_event_id && now.value === point.value;
}

class KeyPlayOverlay extends LowerThird {
  label = "Key play";
  #gain = h("b", { class: "gain-number" });
  #team = h("span", { class: "gain-team" });
  #title = h("b", { class: "play-title" });
  #text = h("p", { class: "play-text" });

  feed(id) {
    return new KeyPlayFeed(id);
  }

  content() {
    return [h("div", { class: "odds key-play" }, h("div", { class: "gained" }, this.#gain, this.#team), h("div", { class: "told" }, this.#title, this.#text))];
  }

  draw({ match, play }) {
    const side = play ? sideOf(match, play.point.subject) : null;
    this.#gain.className = `gain-number ${side ?? ""}`;
    setText(this.#gain, side ? `+${(play.point.value * 100).toFixed(1)}%` : DASH);
    setText(this.#team, side ? teamOf(match, side) : "");
    setText(this.#title, side ? `${play.point.clock_display} · ${playTitle(match, play.event)}` : "No key play yet");
    setText(this.#text, side ? playText(play.event) : "");
    return side ? "ok" : "unknown";
  }
}

customElements.define("key-play-overlay", KeyPlayOverlay);
