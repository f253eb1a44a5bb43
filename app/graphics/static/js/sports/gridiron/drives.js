/** The drives of a game, put together from the signal `drive_summary`, which says of the newest one what has changed. */

import { sideOf } from "../../lib/format.js";

const RESULTS = [
  "", "Touchdown", "Field goal", "Missed field goal", "Punt", "Interception", "Fumble", "Downs", "Safety", "End of half", "End of game",
];
const SCORES = [1, 2];

/**
 * @typedef {object} Drive
 * @property {number} number
 * @property {"home" | "away" | null} side null while the event of its first snap is not known
 * @property {number | null} start yards to the goal line at its first snap
 * @property {number} plays
 * @property {number} yards penalties included
 * @property {number} seconds
 * @property {string} result empty while it goes on, or where none is told
 * @property {boolean} scored
 * @property {boolean} newest
 * @property {string} clock_display of its first snap
 */

/**
 * @param {object[]} points of `drive_summary`, in match order
 * @param {Map<string, object>} events by id: they say whose drive it is, and from where
 * @returns {Drive[]} in the order of the game
 */
export function drivesOf(match, points, events) {
  const now = {};
  const drives = new Map();
  points.forEach((point, index) => {
    now[point.subject] = typeof point.value === "number" ? point.value : null;
    // The figures of one moment come as several points.
    if (points[index + 1]?.anchor === point.anchor || !now.number) return;
    if (!drives.has(now.number)) drives.set(now.number, begun(match, now.number, point, events));
    const { plays, yards, seconds, result } = now;
    Object.assign(drives.get(now.number), { plays, yards, seconds, result: RESULTS[result] ?? "", scored: SCORES.includes(result) });
  });
  const all = [...drives.values()].sort((a, b) => a.number - b.number);
  return all.map((drive, index) => ({ ...drive, newest: index === all.length - 1 }));
}

/** A drive's first point stands at its first snap. */
function begun(match, number, point, events) {
  const snap = events.get(point.source_event_id);
  return { number, side: sideOf(match, snap?.team), start: snap?.fields?.yards_to_goal ?? null, clock_display: point.clock_display };
}

/** "8 plays, 75 yards, 4:12" */
export function driveText({ plays, yards, seconds }) {
  const s = Math.round(seconds);
  return `${count(plays, "play")}, ${count(yards, "yard")}, ${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

function count(number, word) {
  return `${number} ${word}${Math.abs(number) === 1 ? "" : "s"}`;
}
