/** The head of the match page: who plays, how it stands, and the numbers of both sides. */

import { h, setText } from "../lib/dom.js";
import { DASH, awayName, homeName, phase } from "../lib/format.js";
import { UNKNOWN, probabilityOf } from "../lib/probability.js";
import "./probability-bar.js";
import "./status-line.js";

class ScoreBoard extends HTMLElement {
  #title = h("h1", { class: "visually-hidden" });
  #status = h("status-line");
  #home = h("span", { class: "team home" });
  #away = h("span", { class: "team away" });
  #score = h("span", { class: "big-score" });
  #bar = h("probability-bar");
  #note = h("p", { class: "bar-note" });
  #spoken = h("p", { class: "visually-hidden", role: "status" });
  #stats = h("dl", { class: "stats" });
  #cells = [];
  #probability = UNKNOWN;
  #saidScore = null;

  connectedCallback() {
    if (this.childElementCount) return;
    this.append(
      this.#title,
      this.#spoken,
      this.#status,
      h("p", { class: "versus", "aria-hidden": "true" }, this.#home, this.#score, this.#away),
      this.#bar,
      this.#note,
      this.#stats,
    );
  }

  /** @param {{match: object, latest: Map<string, Map<string, object>>, outcomes: string[], stats: import("../lib/sports.js").Stat[] | null}} picture
   *   outcomes: empty for a sport that tells no win probability. stats: null where there are none. */
  show({ match, latest, outcomes, stats }) {
    const started = phase(match.status) !== "upcoming";
    const score = started ? `${match.home_score}${DASH}${match.away_score}` : "v";
    setText(this.#title, `${homeName(match)} ${score} ${awayName(match)}`);
    setText(this.#home, homeName(match));
    setText(this.#away, awayName(match));
    setText(this.#score, started ? `${match.home_score} ${DASH} ${match.away_score}` : "v");
    this.#status.show(match);
    this.#sayScore(match, score);
    const told = outcomes.length > 0;
    for (const part of [this.#bar, this.#note]) part.hidden = !told;
    if (told) {
      const points = latest.get("win_probability") ?? new Map();
      this.#probability = probabilityOf(points, outcomes) ?? this.#probability;
      this.#bar.show(this.#probability, match, outcomes);
      setText(this.#note, noteOf(this.#probability, points));
    }
    this.#stats.hidden = !stats;
    if (stats) this.#drawStats(stats);
  }

  #drawStats(stats) {
    if (stats.length !== this.#cells.length) {
      this.#cells = stats.map(() => ({ home: h("dd", { class: "home" }), title: h("dt"), away: h("dd", { class: "away" }) }));
      this.#stats.replaceChildren(...this.#cells.map(({ home, title, away }) => h("div", { class: "stat" }, home, title, away)));
    }
    stats.forEach(({ title, meaning, home, away }, index) => {
      const cell = this.#cells[index];
      cell.title.parentElement.title = meaning;
      setText(cell.title, title);
      setText(cell.home, home);
      setText(cell.away, away);
    });
  }

  #sayScore(match, score) {
    if (this.#saidScore !== null && this.#saidScore !== score) {
      setText(this.#spoken, `Now ${homeName(match)} ${match.home_score}, ${awayName(match)} ${match.away_score}`);
    }
    this.#saidScore = score;
  }
}

/** Why the win probability looks as it does, when that is not plain. */
function noteOf(probability, points) {
  if (probability.state === "suspended") return "Win probability is suspended";
  return [...points.values()].some((point) => point.status === "degraded") ? "Win probability: some of its inputs are missing" : "";
}

customElements.define("score-board", ScoreBoard);
