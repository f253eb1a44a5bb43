/** What happened, newest first. */

import { h } from "../lib/dom.js";

/**
 * @typedef {object} Row
 * @property {string} id of the event
 * @property {string} clock
 * @property {string} kind names its look
 * @property {string} title
 * @property {string} detail
 * @property {"home" | "away" | null} side
 * @property {string} extra at the end of the row: a score, a value
 */

class EventTicker extends HTMLElement {
  #list = h("ol", { class: "ticker", tabindex: "0", "aria-label": "Events, newest first" });
  /** Rows by event id, kept while unchanged: the reader's place and the screen reader's are not lost. */
  #rows = new Map();

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#list);
  }

  /** @param {Row[]} told in match order */
  show(told) {
    const rows = new Map();
    for (const item of told) {
      const text = JSON.stringify([item.clock, item.kind, item.title, item.detail, item.side, item.extra]);
      const known = this.#rows.get(item.id);
      rows.set(item.id, known?.text === text ? known : { text, node: row(item) });
    }
    const nodes = [...rows.values()].map(({ node }) => node).reverse();
    if (nodes.some((node, index) => this.#list.children[index] !== node) || nodes.length !== this.#list.childElementCount) {
      this.#list.replaceChildren(...nodes);
    }
    this.#rows = rows;
    this.#list.classList.toggle("empty", !nodes.length);
  }
}

function row({ clock, kind, title, detail, side, extra }) {
  return h(
    "li",
    { class: `incident ${kind} ${side ?? "both"}` },
    h("span", { class: "when" }, clock),
    h("span", { class: "what-icon", "aria-hidden": "true" }),
    h("span", { class: "what" }, h("b", {}, title), detail ? h("span", { class: "who" }, detail) : null),
    extra ? h("span", { class: "extra" }, extra) : null,
  );
}

customElements.define("event-ticker", EventTicker);
