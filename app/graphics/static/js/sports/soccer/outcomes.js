/** How a soccer match may end, in the order in which it is drawn. */
export const OUTCOMES = ["home", "draw", "away"];
