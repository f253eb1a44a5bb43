/** The head of the match page: who plays, how it stands, and the numbers of both sides. */

import { h, setText } from "../lib/dom.js";
import { DASH, awayName, fixed, homeName, phase } from "../lib/format.js";
import { UNKNOWN, probabilityOf } from "../lib/probability.js";
import "./probability-bar.js";
import "./status-line.js";

const STATS = [
  { key: "xg", title: "xG", meaning: "Expected goals: the sum of the chances of all shots" },
  { key: "shots", title: "Shots", meaning: "Shots, without a penalty shoot-out" },
  { key: "onTarget", title: "On target", meaning: "Goals and saved shots" },
  { key: "ppda", title: "PPDA", meaning: "Opponent's passes per defensive action: fewer means more intense pressing" },
];

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
  #cells = new Map(STATS.map(({ key }) => [key, { home: h("dd", { class: "home" }), away: h("dd", { class: "away" }) }]));
  #probability = UNKNOWN;
  #saidScore = null;

  connectedCallback() {
    if (this.childElementCount) return;
    for (const { key, title, meaning } of STATS) {
      const { home, away } = this.#cells.get(key);
      this.#stats.append(h("div", { class: "stat", title: meaning }, home, h("dt", {}, title), away));
    }
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

  /** @param {{match: object, latest: Map<string, Map<string, object>>, stats: Record<string, {home: number, away: number}> | null}} picture
   *   stats: null for a sport that has none of them, and no draw. */
  show({ match, latest, stats }) {
    const started = phase(match.status) !== "upcoming";
    const score = started ? `${match.home_score}${DASH}${match.away_score}` : "v";
    setText(this.#title, `${homeName(match)} ${score} ${awayName(match)}`);
    setText(this.#home, homeName(match));
    setText(this.#away, awayName(match));
    setText(this.#score, started ? `${match.home_score} ${DASH} ${match.away_score}` : "v");
    this.#status.show(match);
    this.#sayScore(match, score);
    for (const part of [this.#bar, this.#note, this.#stats]) part.hidden = !stats;
    if (!stats) return;
    const points = latest.get("win_probability");
    this.#probability = probabilityOf(points) ?? this.#probability;
    this.#bar.show(this.#probability, match);
    setText(this.#note, noteOf(this.#probability, points));
    for (const { key } of STATS) {
      const { home, away } = this.#cells.get(key);
      setText(home, stats[key].home);
      setText(away, stats[key].away);
    }
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

/** Both sides of a number, as text. */
export function pair(home, away, digits = 0) {
  return { home: fixed(home, digits), away: fixed(away, digits) };
}

customElements.define("score-board", ScoreBoard);
