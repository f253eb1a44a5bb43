/** How to get a match on to this page: shown while there is none to watch. */

import { h, setText } from "../lib/dom.js";

const COPIED_MS = 1_500;

class FeedGuide extends HTMLElement {
  connectedCallback() {
    if (this.childElementCount) return;
    const feed = `${location.origin}/v1/feeds/statsbomb/my-match`;
    this.append(
      h("h2", {}, "No match has started yet"),
      h("p", { class: "lead" }, "Send one. It appears here with its first event; nothing needs reloading."),
      h(
        "ol",
        { class: "ways" },
        way("Push a feed", "Post a provider’s events as they come, or a whole file at once.", `curl -X POST ${feed} \\\n  -H 'content-type: application/json' \\\n  --data-binary @events.json`),
        way("Load a file", "Plain or gzip, at any speed: 1 is real time, max is all at once.", "touchline ingest statsbomb events.json.gz \\\n  --match my-match --speed 20"),
        way("Replay a match", "Play a stored match again as if it were on now.", "touchline replay my-match --speed 20"),
      ),
      h("p", { class: "more" }, "Every route is described under ", h("a", { href: "/schema" }, "/schema"), "."),
    );
  }
}

function way(title, text, command) {
  const button = h("button", { type: "button", class: "copy", "aria-label": `Copy: ${title}`, on: { click: () => copy(button, command) } }, "Copy");
  return h("li", {}, h("h3", {}, title), h("p", {}, text), h("div", { class: "command" }, h("pre", { tabindex: "0" }, h("code", {}, command)), button));
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    setText(button, "Copied");
  } catch {
    // Browsers keep the clipboard from pages that come over plain HTTP from another machine.
    setText(button, "Select the text");
  }
  setTimeout(() => setText(button, "Copy"), COPIED_MS);
}

customElements.define("feed-guide", FeedGuide);
