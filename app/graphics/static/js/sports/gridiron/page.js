/** American football: what the pages show of a game. */

import { GridironBody } from "./body.js";
import { OUTCOMES } from "./outcomes.js";
import { FOLLOWED_TYPES, TOLD_TYPES } from "./plays.js";
import { downText, situationOf, spotText } from "./situation.js";

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
    columns: [{ title: "", text: ({ match, latest }, side) => (situationOf(match, latest.get("situation"))?.side === side ? "◆" : "") }],
    line: ({ match, latest }) => {
      const situation = situationOf(match, latest.get("situation"));
      if (!situation) return "";
      const spot = situation.due === "snap" ? ` at ${spotText(match, situation.side, situation.toGoal)}` : "";
      return `${downText(match, situation)}${spot}`;
    },
  },
  body: () => new GridironBody(),
};
