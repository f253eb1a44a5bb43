/** Numbers and words as they are shown. */

export const DASH = "–";

/**
 * Whole percentages that sum to 100: every share is rounded down, and what is missing goes to the largest remainders.
 * @param {number[]} shares non-negative, not all zero
 * @returns {number[]}
 */
export function wholePercents(shares) {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const exact = shares.map((share) => (share / total) * 100);
  const whole = exact.map(Math.floor);
  const missing = 100 - whole.reduce((sum, value) => sum + value, 0);
  exact
    .map((value, index) => ({ index, rest: value - whole[index] }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index)
    .slice(0, missing)
    .forEach(({ index }) => (whole[index] += 1));
  return whole;
}

/** A number with fixed decimals, or a dash for none. */
export function fixed(value, digits) {
  return typeof value === "number" ? value.toFixed(digits) : DASH;
}

const STATUS = {
  scheduled: "Scheduled",
  live: "Live",
  half_time: "Half-time",
  full_time: "Full time",
  suspended: "Suspended",
  finished: "Final",
  abandoned: "Abandoned",
  postponed: "Postponed",
};

export function statusText(status) {
  return STATUS[status] ?? status;
}

const ORIGIN = { import: "Archive", replay: "Replay", simulation: "Simulation" };

/** What a viewer must be told about where a match comes from; null for a live one. */
export function originText(origin) {
  return origin === "live" ? null : (ORIGIN[origin] ?? origin);
}

/** @returns {"live" | "upcoming" | "finished"} */
export function phase(status) {
  if (status === "scheduled" || status === "postponed") return "upcoming";
  return status === "live" || status === "half_time" || status === "suspended" ? "live" : "finished";
}

export function homeName(match) {
  return match.home ?? "Home";
}

export function awayName(match) {
  return match.away ?? "Away";
}

/** What an outcome of a match is called: the team that wins, or a draw. */
export function outcomeName(match, outcome) {
  return { home: homeName(match), away: awayName(match), draw: "Draw" }[outcome] ?? outcome;
}

/** "home", "away" or null for a team id of this match. */
export function sideOf(match, team) {
  if (team === null || team === undefined) return null;
  if (team === match.home_id) return "home";
  return team === match.away_id ? "away" : null;
}

/** First letters of a name for where the whole name does not fit: "Barcelona" → "BAR". */
export function shortName(name) {
  const plain = name.replace(/^(fc|cf|afc|sc|rc|cd|ca|ac|as|ud|sd|real)\s+/i, "");
  return [...plain.replace(/[^\p{L}\p{N}]/gu, "")].slice(0, 3).join("").toUpperCase();
}
