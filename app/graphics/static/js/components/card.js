/** A part of the match page, under its name. */

import { h } from "../lib/dom.js";

/** @param {string} name of its place in the page: `card-NAME` */
export function card(name, title, ...content) {
  return h("section", { class: `card card-${name}`, "aria-labelledby": `card-${name}` }, h("h2", { id: `card-${name}` }, title), content);
}
