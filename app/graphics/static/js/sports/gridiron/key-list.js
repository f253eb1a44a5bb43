/** The plays that decided the game, numbered as on the chart. */

import { h } from "../../lib/dom.js";
import { tags } from "./names.js";
import { playText, playTitle } from "./plays.js";

class KeyList extends HTMLElement {
  #shown = "";

  /** @param {{match: object, keys: object[]}} picture keys as `keyPlays` says them */
  show({ match, keys }) {
    const rows = keys.map((play) => ({
      number: play.number,
      side: play.side,
      clock: play.clock_display,
      gain: `${tags(match)[play.side]} +${Math.round(play.value * 100)}%`,
      title: play.event ? playTitle(match, play.event) : "",
      text: playText(play.event),
    }));
    const shown = JSON.stringify(rows);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const items = rows.map((row) =>
      h(
        "li",
        {},
        h("span", { class: "key-number" }, String(row.number)),
        h("span", { class: "key-what" }, h("b", {}, [row.clock, row.title].filter(Boolean).join(" · ")), h("span", {}, row.text)),
        h("b", { class: `key-gain ${row.side}` }, row.gain),
      ),
    );
    this.replaceChildren(items.length ? h("ol", { class: "key-list" }, items) : h("p", { class: "key-none" }, "No play has changed the win probability by 5 points or more yet."));
  }
}

customElements.define("key-list", KeyList);
