/** What each sport's folder brings to the pages: `sports/NAME/page.js`, found by the `sport` of a match. */

import { getAll } from "./api.js";

/**
 * The default export of a sport's `page.js`.
 * @typedef {object} SportPage
 * @property {string[]} outcomes subjects of `win_probability`, in the order in which they are drawn; empty: no bar
 * @property {string} scored what a score counts: "Goals"
 * @property {string[]} signals those that the match page follows, with their history
 * @property {string[]} latest those of which it shows the newest values only
 * @property {string[]} told types of events that the match page reads
 * @property {string[]} followed types of events that a stream is asked for: what is told, what changes the head of a match,
 *   and something that comes every few seconds and carries the clock
 * @property {string} [styles] address of the sport's style sheet
 * @property {Tile} tile what it adds to a match of the list
 * @property {() => Body} body the parts of the match page below the score
 *
 * @typedef {object} Tile
 * @property {string[]} signals those that tiles follow
 * @property {string[]} summed those of them whose team totals tiles show: each value of one asks for the match's snapshot again
 * @property {{title: string, text: (entry: object, side: "home" | "away") => string}[]} columns numbers beside a team
 * @property {(entry: object) => string} [line] one more line, empty for none
 *
 * @typedef {object} Body
 * @property {Element} element
 * @property {(store: import("./match-store.js").MatchStore) => Stat[] | null} draw the numbers of both sides for the head, too
 *
 * @typedef {{title: string, meaning: string, home: string, away: string}} Stat
 */

/** A sport that has no folder: score and clock, and nothing that would be wrong. @type {SportPage} */
const PLAIN = {
  outcomes: [],
  scored: "Score",
  signals: [],
  latest: [],
  told: [],
  followed: [],
  tile: { signals: [], summed: [], columns: [] },
  body: () => {
    const element = document.createElement("p");
    element.className = "waiting";
    element.textContent = "Score and clock only: there is no page for this sport yet.";
    return { element, draw: () => null };
  },
};

const RETRY_MS = 2_000;
// So often a file that is there may fail to run.
const BROKEN = 3;
const NAME = /^[a-z][a-z0-9_]*$/;
const loaded = new Map();
const loading = new Map();

/** The page of a sport, once `loadSport` has brought it. @returns {SportPage} */
export function sportPage(name) {
  return loaded.get(name) ?? PLAIN;
}

export function isLoaded(name) {
  return loaded.has(name);
}

/** Bring a sport's page; never rejects. @returns {Promise<SportPage>} */
export function loadSport(name) {
  if (!loading.has(name)) loading.set(name, bring(name));
  return loading.get(name);
}

/** Bring the page of every sport that the service has signals of. Rejects while it cannot be asked. */
export async function loadEverySport() {
  const signals = await getAll("/v1/signals");
  return Promise.all([...new Set(signals.map((signal) => signal.sport))].sort().map(loadSport));
}

async function bring(name) {
  const page = NAME.test(name) ? await read(new URL(`../sports/${name}/page.js`, import.meta.url)) : PLAIN;
  if (page.styles) await wear(page.styles);
  loaded.set(name, page);
  return page;
}

/** The module of a sport; PLAIN where there is none. A server that is away for a moment is waited for. */
async function read(address) {
  for (let broken = 0; broken < BROKEN; ) {
    try {
      return (await import(address.href)).default;
    } catch {
      const status = await fetch(address).then((answer) => answer.status, () => 0);
      // A sport without a folder; its matches are shown plainly.
      if (status === 404) return PLAIN;
      if (status === 200) broken += 1;
    }
    await new Promise((done) => setTimeout(done, RETRY_MS));
    // A browser may keep that an address could not be read; a fragment makes it another one, and is not sent.
    address.hash = String(performance.now());
  }
  return PLAIN;
}

/** A style sheet that is there before what it is for is drawn. */
function wear(address) {
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}
