/** American football: what the pages show of a game. */

import { GridironBody } from "./body.js";
import { OUTCOMES } from "./outcomes.js";
import { FOLLOWED_TYPES, TOLD_TYPES } from "./plays.js";
import { downText, situationOf, situationText, spotText } from "./situation.js";

/** @type {import("../../lib/sports.js").SportPage} */
export default {
  outcomes: OUTCOMES,
  scored: "Points",
  signals: ["win_probability", "key_plays", "drive_summary", "epa", "success"],
  latest: ["situation", "fourth_down", "pace"],
  told: TOLD_TYPES,
  followed: FOLLOWED_TYPES,
  styles: new URL("./style.css", import.meta.url).href,
  tile: {
    signals: ["win_probability", "situation"],
    summed: [],
    columns: [{ title: "", text: ({ match, latest }, side) => (hasBall(match, latest, side) ? "◆" : "") }],
    line: ({ match, latest }) => {
      const situation = situationOf(match, latest.get("situation"));
      if (situation?.due !== "snap") return situation ? situationText(match, situation) : "";
      return `${downText(match, situation)} at ${spotText(match, situation.side, situation.toGoal)}`;
    },
  },
  body: () => new GridironBody(),
};

function hasBall(match, latest, side) {
  const situation = situationOf(match, latest.get("situation"));
  return situation?.side === side && situation.due !== "kick-off";
}
