/** One match of the match centre. */

import { h, setText } from "../lib/dom.js";
import { awayName, homeName, phase } from "../lib/format.js";
import { UNKNOWN, probabilityOf } from "../lib/probability.js";
import { isLoaded, sportPage } from "../lib/sports.js";
import "./probability-bar.js";
import "./status-line.js";

const SIDES = ["home", "away"];
const FLASH_MS = 6_000;

class MatchTile extends HTMLElement {
  #link = h("a", { "data-route": true });
  #status = h("status-line");
  #bar = h("probability-bar");
  #head = h("tr");
  #body = h("tbody");
  #line = h("p", { class: "line", hidden: true });
  #rows = [];
  #page = null;
  #probability = UNKNOWN;
  #scores = null;

  connectedCallback() {
    if (this.childElementCount) return;
    this.append(
      h("article", { class: "tile" }, h("h3", {}, this.#link), this.#status, h("table", {}, h("thead", {}, this.#head), this.#body), this.#line, this.#bar),
    );
  }

  /** The columns of a sport. */
  #build(page) {
    this.#page = page;
    const titles = ["Team", ...page.tile.columns.map(({ title }) => title), page.scored];
    this.#head.replaceChildren(
      ...titles.map((title, i) => h("th", { scope: "col", class: i % (titles.length - 1) ? "" : "visually-hidden-cell" }, h("span", {}, title))),
    );
    this.#rows = SIDES.map((side) => ({
      side,
      name: h("th", { scope: "row", class: `team ${side}` }),
      numbers: page.tile.columns.map(() => h("td")),
      score: h("td", { class: "score" }),
    }));
    this.#body.replaceChildren(...this.#rows.map((row) => h("tr", {}, row.name, row.numbers, row.score)));
  }

  /** @param {import("../lib/list-store.js").Entry} entry */
  show(entry) {
    const { match, latest } = entry;
    const page = sportPage(match.sport);
    if (page !== this.#page) this.#build(page);
    const started = phase(match.status) !== "upcoming";
    this.#link.href = `/?match=${encodeURIComponent(match.id)}`;
    setText(this.#link, `${homeName(match)} v ${awayName(match)}`);
    this.#status.show(match);
    this.dataset.phase = phase(match.status);
    for (const row of this.#rows) {
      setText(row.name, row.side === "home" ? homeName(match) : awayName(match));
      page.tile.columns.forEach(({ text }, i) => setText(row.numbers[i], started ? text(entry, row.side) : ""));
      setText(row.score, started ? (match[`${row.side}_score`] ?? 0) : "");
    }
    const line = page.tile.line?.(entry) ?? "";
    setText(this.#line, line);
    this.#line.hidden = !line;
    this.#flash(match);
    this.#bar.hidden = !page.outcomes.length || !isLoaded(match.sport);
    // Between two frames of one moment the old numbers stay: they belong together, a mixture would not.
    this.#probability = probabilityOf(latest.get("win_probability") ?? new Map(), page.outcomes) ?? this.#probability;
    if (page.outcomes.length) this.#bar.show(this.#probability, match, page.outcomes);
  }

  /** Draw the eye to a goal for a moment. */
  #flash(match) {
    const now = [match.home_score, match.away_score];
    const before = this.#scores;
    this.#scores = now;
    if (!before) return;
    this.#rows.forEach((row, i) => {
      if (!(now[i] > before[i])) return;
      row.score.classList.add("scored");
      setTimeout(() => row.score.classList.remove("scored"), FLASH_MS);
    });
  }
}

customElements.define("match-tile", MatchTile);
