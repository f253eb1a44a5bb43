/** The match centre: a tile for every match, live ones first. */

import { h, setText } from "../lib/dom.js";
import { ListStore } from "../lib/list-store.js";
import { phase } from "../lib/format.js";
import "../components/feed-guide.js";
import "../components/match-tile.js";

const GROUPS = [
  { phase: "live", title: "On now" },
  { phase: "upcoming", title: "Coming up" },
  { phase: "finished", title: "Finished" },
];
const PAGE = 60;

export class ListView {
  #store = new ListStore();
  #tiles = new Map();
  #lead = h("p", { class: "lead" });
  #guide = h("feed-guide", { hidden: true });
  #wait = h("p", { class: "waiting" }, "Looking for matches…");
  #groups = GROUPS.map((group) => this.#group(group));
  #shell;

  /** @param {{connection: (state: string, text: string | null) => void}} shell */
  constructor(shell) {
    this.#shell = shell;
    this.element = h("div", { class: "list-view" }, h("div", { class: "list-head" }, h("h1", {}, "Match centre"), this.#lead), this.#wait, this.#guide, this.#groups.map((group) => group.section));
    this.#store.addEventListener("change", () => this.#draw());
    this.#store.addEventListener("connection", () => this.#sayConnection());
  }

  start() {
    document.title = "Touchline · Match centre";
    this.#sayConnection();
    this.#store.start();
  }

  stop() {
    this.#store.stop();
  }

  #group({ phase: name, title }) {
    const count = h("span", { class: "count" });
    const list = h("div", { class: "tiles" });
    const more = h("button", { type: "button", class: "more-button", hidden: true }, "Show all");
    const section = h("section", { class: `group ${name}`, hidden: true, "aria-label": title }, h("h2", {}, title, count), list, more);
    const group = { name, section, list, count, more, limit: PAGE };
    more.addEventListener("click", () => {
      group.limit = Infinity;
      this.#draw();
    });
    return group;
  }

  #sayConnection() {
    const lost = this.#store.connection === "lost";
    const known = this.#store.entries.size > 0;
    const text = known ? "Connection lost – showing the last known state, reconnecting…" : "The server cannot be reached – trying again…";
    this.#shell.connection(this.#store.connection, lost ? text : null);
    this.element.classList.toggle("stale", lost);
  }

  #draw() {
    const entries = [...this.#store.entries.values()];
    const live = entries.filter((entry) => phase(entry.match.status) === "live").length;
    setText(this.#lead, entries.length ? `${live} on now · ${entries.length} in all` : "");
    this.#wait.hidden = this.#store.listed || entries.length > 0;
    this.#guide.hidden = !this.#store.listed || entries.some((entry) => phase(entry.match.status) !== "upcoming");
    for (const id of this.#tiles.keys()) if (!this.#store.entries.has(id)) this.#tiles.delete(id);
    for (const group of this.#groups) this.#drawGroup(group, entries);
  }

  #drawGroup(group, entries) {
    const own = entries.filter((entry) => phase(entry.match.status) === group.name).sort(order(group.name));
    const shown = own.slice(0, group.limit);
    group.section.hidden = !own.length;
    group.more.hidden = own.length <= group.limit;
    setText(group.count, own.length);
    setText(group.more, `Show all ${own.length}`);
    const tiles = shown.map((entry) => this.#tile(entry.match.id));
    // Only when something moved: putting a tile in place again would take the focus off it.
    if (tiles.length !== group.list.childElementCount || tiles.some((tile, i) => group.list.children[i] !== tile)) {
      group.list.replaceChildren(...tiles);
    }
    shown.forEach((entry, i) => {
      tiles[i].show(entry);
      this.#store.need(entry.match.id);
    });
  }

  #tile(id) {
    let tile = this.#tiles.get(id);
    if (!tile) {
      tile = h("match-tile");
      this.#tiles.set(id, tile);
    }
    return tile;
  }
}

/** The next or current one first; of what is over, the latest. */
function order(name) {
  const turn = name === "finished" ? -1 : 1;
  return ({ match: a }, { match: b }) => turn * String(a.anchor_at ?? "").localeCompare(String(b.anchor_at ?? "")) || a.id.localeCompare(b.id);
}
