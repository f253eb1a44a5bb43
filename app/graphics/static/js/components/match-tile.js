/** One match of the match centre. */

import { h, setText } from "../lib/dom.js";
import { awayName, fixed, homeName, phase } from "../lib/format.js";
import { UNKNOWN, probabilityOf } from "../lib/probability.js";
import "./probability-bar.js";
import "./status-line.js";

const SIDES = ["home", "away"];
const FLASH_MS = 6_000;

class MatchTile extends HTMLElement {
  #link = h("a", { "data-route": true });
  #status = h("status-line");
  #bar = h("probability-bar");
  #rows = SIDES.map((side) => ({
    side,
    name: h("th", { scope: "row", class: `team ${side}` }),
    xg: h("td"),
    ppda: h("td"),
    score: h("td", { class: "score" }),
  }));
  #probability = UNKNOWN;
  #scores = null;

  connectedCallback() {
    if (this.childElementCount) return;
    const head = ["Team", "xG", "PPDA", "Goals"].map((title, i) => h("th", { scope: "col", class: i % 3 ? "" : "visually-hidden-cell" }, h("span", {}, title)));
    this.append(
      h(
        "article",
        { class: "tile" },
        h("h3", {}, this.#link),
        this.#status,
        h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, this.#rows.map((row) => h("tr", {}, row.name, row.xg, row.ppda, row.score)))),
        this.#bar,
      ),
    );
  }

  /** @param {import("../lib/list-store.js").Entry} entry */
  show({ match, latest, xg }) {
    const started = phase(match.status) !== "upcoming";
    const isSoccer = match.sport === "soccer";
    this.#link.href = `/?match=${encodeURIComponent(match.id)}`;
    setText(this.#link, `${homeName(match)} v ${awayName(match)}`);
    this.#status.show(match);
    this.dataset.phase = phase(match.status);
    for (const row of this.#rows) {
      const team = match[`${row.side}_id`];
      setText(row.name, row.side === "home" ? homeName(match) : awayName(match));
      setText(row.xg, fixed(started && isSoccer ? (xg[team] ?? 0) : null, 2));
      setText(row.ppda, fixed(latest.get("ppda").get(team)?.value, 1));
      setText(row.score, started ? (match[`${row.side}_score`] ?? 0) : "");
    }
    this.#flash(match);
    this.#bar.hidden = !isSoccer;
    // Between two frames of one moment the old numbers stay: they belong together, a mixture would not.
    this.#probability = probabilityOf(latest.get("win_probability")) ?? this.#probability;
    this.#bar.show(this.#probability, match);
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
