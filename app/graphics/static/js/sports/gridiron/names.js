/** Short names of the two teams of a game, never the same one. */

import { awayName, homeName, shortName } from "../../lib/format.js";

/** @returns {{home: string, away: string}} three letters as a rule; initials where those would be the same */
export function tags(match) {
  const names = [homeName(match), awayName(match)];
  for (const short of [shortName, initials, (name) => name.slice(0, 12)]) {
    const [home, away] = names.map(short);
    if (home && away && home !== away) return { home, away };
  }
  return { home: "HOME", away: "AWAY" };
}

/** "New York Giants" → "NYG"; of one word its first letters. */
function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return words.length > 1 ? words.map((word) => [...word][0]).join("").toUpperCase() : shortName(name);
}

export function otherSide(side) {
  return side === "home" ? "away" : "home";
}
