/** One match: the score, how it came about, and what the models say. */

import { h } from "../lib/dom.js";
import { MatchStore } from "../lib/match-store.js";
import { awayName, homeName, phase, statusText } from "../lib/format.js";
import { dismissalsOf, goalsOf, isOnTarget, shotsOf } from "../lib/incidents.js";
import { pair } from "../components/score-board.js";
import "../components/event-ticker.js";
import "../components/momentum-chart.js";
import "../components/shot-map.js";
import "../components/win-chart.js";
import "../components/xg-race.js";

export class MatchView {
  #store;
  #shell;
  #board = h("score-board");
  #win = h("win-chart");
  #race = h("xg-race");
  #momentum = h("momentum-chart");
  #map = h("shot-map");
  #ticker = h("event-ticker");
  #cards;
  #other = h("p", { class: "waiting", hidden: true }, "Score and clock only: this page draws no other sport than soccer yet.");
  #body;
  #wait;

  /**
   * @param {string} id
   * @param {{connection: (state: string, text: string | null) => void}} shell
   */
  constructor(id, shell) {
    this.#shell = shell;
    this.#store = new MatchStore(id);
    this.#wait = h("p", { class: "waiting" }, `Waiting for match ${id}. It appears here with its first event.`);
    this.#cards = h(
      "div",
      { class: "cards" },
      card("win", "Win probability", this.#win),
      card("race", "xG race", this.#race),
      card("momentum", "Momentum", this.#momentum),
      card("shots", "Shot map", this.#map),
      card("events", "Events", this.#ticker),
    );
    this.#body = h("div", { class: "match-body", hidden: true }, this.#board, this.#other, this.#cards);
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
    const { match, latest, events } = this.#store;
    if (!match) return;
    this.#wait.hidden = true;
    this.#body.hidden = false;
    // A pitch, and 0.00 xG, would be wrong of a game of another sport.
    const isSoccer = match.sport === "soccer";
    this.#cards.hidden = !isSoccer;
    this.#other.hidden = isSoccer;
    const points = this.#store.points("xg");
    const xg = new Map(points.filter((point) => typeof point.value === "number").map((point) => [point.source_event_id, point.value]));
    const goals = goalsOf(events, match);
    const shots = shotsOf(events);
    this.#board.show({ match, latest, stats: isSoccer ? this.#stats(match, latest, shots) : null });
    this.#win.data = { match, goals, dismissals: dismissalsOf(events, match), points: this.#store.points("win_probability") };
    this.#race.data = { match, goals, points, shots };
    this.#momentum.data = { match, goals, points: this.#store.points("momentum") };
    this.#map.data = { match, shots, xg };
    this.#ticker.show({ match, events, goals, xg });
    const when = phase(match.status) === "live" ? match.clock_display : statusText(match.status);
    document.title = `${homeName(match)} ${match.home_score}–${match.away_score} ${awayName(match)} · ${when}`;
  }

  #stats(match, latest, shots) {
    const of = (team) => shots.filter((shot) => shot.team === team);
    const [home, away] = [match.home_id, match.away_id];
    const ppda = (team) => latest.get("ppda").get(team)?.value;
    return {
      xg: pair(this.#store.xgTotal(home), this.#store.xgTotal(away), 2),
      shots: pair(of(home).length, of(away).length),
      onTarget: pair(of(home).filter(isOnTarget).length, of(away).filter(isOnTarget).length),
      ppda: pair(ppda(home), ppda(away), 1),
    };
  }
}

function card(name, title, content) {
  return h("section", { class: `card card-${name}`, "aria-labelledby": `card-${name}` }, h("h2", { id: `card-${name}` }, title), content);
}
