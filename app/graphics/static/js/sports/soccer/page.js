/** Soccer: what the pages show of a match. */

import { fixed } from "../../lib/format.js";
import { SoccerBody } from "./body.js";
import { FOLLOWED_TYPES, TOLD_TYPES } from "./incidents.js";
import { OUTCOMES } from "./outcomes.js";

/** @type {import("../../lib/sports.js").SportPage} */
export default {
  outcomes: OUTCOMES,
  scored: "Goals",
  signals: ["win_probability", "xg", "momentum"],
  latest: ["ppda"],
  told: TOLD_TYPES,
  followed: FOLLOWED_TYPES,
  tile: {
    signals: ["win_probability", "xg", "ppda"],
    summed: ["xg"],
    columns: [
      { title: "xG", text: ({ match, totals, whole }, side) => fixed(whole ? (totals.xg?.[match[`${side}_id`]] ?? 0) : undefined, 2) },
      { title: "PPDA", text: ({ match, latest }, side) => fixed(latest.get("ppda")?.get(match[`${side}_id`])?.value, 1) },
    ],
  },
  body: () => new SoccerBody(),
};
