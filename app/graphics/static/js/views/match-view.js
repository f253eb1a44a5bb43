/** One match: the score, how it came about, and what the models say. */

import "../components/score-board.js";
import { h } from "../lib/dom.js";
import { awayName, homeName, phase, statusText } from "../lib/format.js";
import { MatchStore } from "../lib/match-store.js";

export class MatchView {
  #store;
  #shell;
  #board = h("score-board");
  /** What the sport adds; null until it is known. @type {import("../lib/sports.js").Body | null} */
  #sport = null;
  #body = h("div", { class: "match-body", hidden: true }, this.#board);
  #wait;

  /**
   * @param {string} id
   * @param {{connection: (state: string, text: string | null) => void}} shell
   */
  constructor(id, shell) {
    this.#shell = shell;
    this.#store = new MatchStore(id);
    this.#wait = h("p", { class: "waiting" }, `Waiting for match ${id}. It appears here with its first event.`);
    this.element = h("div", { class: "match-view" }, h("a", { class: "back", href: "/", "data-route": true }, "All matches"), this.#wait, this.#body);
    this.#store.addEventListener("change", () => this.#draw());
    this.#store.addEventListener("connection", () => this.#sayConnection());
  }

  start() {
    document.title = "Touchline";
    this.#sayConnection();
    this.#store.start();
  }

  stop() {
    this.#store.stop();
  }

  #sayConnection() {
    const { connection, match } = this.#store;
    const lost = connection === "lost" && match;
    this.#shell.connection(connection, lost ? `Connection lost – showing the state of ${match.clock_display}, reconnecting…` : null);
    this.element.classList.toggle("stale", Boolean(lost));
  }

  #draw() {
    const { match, page, latest } = this.#store;
    if (!match || !page) return;
    if (!this.#sport) {
      this.#sport = page.body();
      this.#body.append(this.#sport.element);
    }
    this.#wait.hidden = true;
    this.#body.hidden = false;
    const stats = this.#sport.draw(this.#store);
    this.#board.show({ match, latest, outcomes: page.outcomes, stats });
    const when = phase(match.status) === "live" ? match.clock_display : statusText(match.status);
    document.title = `${homeName(match)} ${match.home_score}–${match.away_score} ${awayName(match)} · ${when}`;
  }
}
