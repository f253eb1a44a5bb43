/** What happened, newest first. */

import { h } from "../lib/dom.js";
import { byMoment } from "../lib/axis.js";
import { fixed, sideOf } from "../lib/format.js";
import { tell } from "../lib/incidents.js";

class EventTicker extends HTMLElement {
  #list = h("ol", { class: "ticker", tabindex: "0", "aria-label": "Events, newest first" });
  /** Rows by event id, kept while unchanged: the reader's place and the screen reader's are not lost. */
  #rows = new Map();

  connectedCallback() {
    if (!this.childElementCount) this.append(this.#list);
  }

  /** @param {{match: object, events: object[], goals: object[], xg: Map<string, number>}} picture */
  show({ match, events, goals, xg }) {
    const scores = new Map(goals.map((goal) => [goal.source_event_id, goal.score]));
    const rows = new Map();
    for (const event of once(events)) {
      const incident = tell(event);
      if (!incident) continue;
      const side = sideOf(match, incident.team);
      const extra = scores.get(event.source_event_id) ?? (event.type === "shot" && xg.has(event.source_event_id) ? `xG ${fixed(xg.get(event.source_event_id), 2)}` : "");
      const text = JSON.stringify([event.clock_display, incident, side, extra]);
      const known = this.#rows.get(event.source_event_id);
      rows.set(event.source_event_id, known?.text === text ? known : { text, node: row(event, incident, side, extra) });
    }
    const nodes = [...rows.values()].map(({ node }) => node).reverse();
    if (nodes.some((node, index) => this.#list.children[index] !== node) || nodes.length !== this.#list.childElementCount) {
      this.#list.replaceChildren(...nodes);
    }
    this.#rows = rows;
    this.#list.classList.toggle("empty", !nodes.length);
  }
}

/** In match order; what providers tell once for each team (a period's start and end) only once. */
function once(events) {
  const seen = new Set();
  return [...events].sort(byMoment).filter((event) => {
    if (event.type !== "period_start" && event.type !== "period_end") return true;
    const key = `${event.type}${event.period}`;
    return !seen.has(key) && seen.add(key);
  });
}

function row(event, incident, side, extra) {
  return h(
    "li",
    { class: `incident ${incident.kind} ${side ?? "both"}` },
    h("span", { class: "when" }, event.clock_display),
    h("span", { class: "what-icon", "aria-hidden": "true" }),
    h("span", { class: "what" }, h("b", {}, incident.title), incident.detail ? h("span", { class: "who" }, incident.detail) : null),
    extra ? h("span", { class: "extra" }, extra) : null,
  );
}

customElements.define("event-ticker", EventTicker);
