/** The page of a football game: field, win probability, fourth down, drives, plays, and the numbers of both sides. */

import { card } from "../../components/card.js";
import "../../components/event-ticker.js";
import { h } from "../../lib/dom.js";
import { DASH, fixed } from "../../lib/format.js";
import { isOffAir } from "../../lib/probability.js";
import { decisionOf } from "./decision.js";
import "./drive-chart.js";
import { drivesOf } from "./drives.js";
import "./field-view.js";
import "./fourth-card.js";
import "./game-chart.js";
import "./key-list.js";
import { keyPlays, tickerRows } from "./plays.js";
import { situationOf } from "./situation.js";

export class GridironBody {
  #field = h("field-view");
  #chart = h("game-chart");
  #keys = h("key-list");
  #fourth = h("fourth-card");
  #drives = h("drive-chart");
  #ticker = h("event-ticker");
  element = h(
    "div",
    { class: "cards gridiron" },
    card("field", "Field", this.#field),
    card("fourth", "Fourth down", this.#fourth),
    card("game", "Win probability", this.#chart, this.#keys),
    card("drives", "Drives", this.#drives),
    card("events", "Plays", this.#ticker),
  );

  /** @param {import("../../lib/match-store.js").MatchStore} store */
  draw(store) {
    const { match, latest } = store;
    const told = store.events;
    const events = new Map(told.map((event) => [event.source_event_id, event]));
    const situation = situationOf(match, latest.get("situation"));
    const drives = drivesOf(match, store.points("drive_summary"), events);
    const key = store.points("key_plays");
    const keys = keyPlays(match, key, events);
    this.#field.show({ match, situation, drive: drives.at(-1) ?? null });
    this.#fourth.show({ match, situation, decision: decisionOf(latest.get("fourth_down"), situation) });
    this.#chart.data = { match, points: store.points("win_probability"), keys, events };
    this.#keys.show({ match, keys });
    this.#drives.show({ match, drives });
    this.#ticker.show(tickerRows(match, told, new Map(key.map((point) => [point.source_event_id, point]))));
    return stats(match, store);
  }
}

function stats(match, store) {
  const teams = { home: match.home_id, away: match.away_id };
  const both = (title, meaning, text) => ({ title, meaning, home: text("home"), away: text("away") });
  const own = (signal, side) => store.points(signal).filter((point) => point.subject === teams[side] && !isOffAir(point));
  const sum = (points) => points.reduce((total, point) => total + point.value, 0);
  const newest = (signal, subject) => store.latest.get(signal).get(subject)?.value;
  return [
    both("EPA", "Expected points added: what a team's plays were worth", (side) => fixed(sum(own("epa", side)), 1)),
    both("Success", "Share of rushes and passes that gained enough", (side) => {
      const plays = own("success", side);
      return plays.length ? `${Math.round((sum(plays) / plays.length) * 100)}%` : DASH;
    }),
    both("Pace", "Seconds of the clock between snaps of a drive", (side) => fixed(newest("pace", teams[side]), 0)),
    both("Time-outs", "Left in this half", (side) => fixed(newest("situation", `${side}_timeouts`), 0)),
  ];
}
