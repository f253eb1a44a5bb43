/** Who may win a football game, in the order in which it is drawn: a tie counts half for each. */
export const OUTCOMES = ["home", "away"];
