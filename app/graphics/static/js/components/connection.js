/** Whether what is shown is live: a lamp in the head of the page, and a banner when it is not. */

import { h, setText } from "../lib/dom.js";

const WORDS = { connecting: "Connecting…", live: "Connected", lost: "Reconnecting…" };

class ConnectionState extends HTMLElement {
  #text = h("span");

  connectedCallback() {
    if (!this.childElementCount) this.append(h("i", { "aria-hidden": "true" }), this.#text);
    this.show("connecting");
  }

  /** @param {"connecting" | "live" | "lost"} state */
  show(state) {
    this.dataset.state = state;
    setText(this.#text, WORDS[state]);
  }
}

class ConnectionBanner extends HTMLElement {
  /** @param {string | null} text null hides it */
  show(text) {
    setText(this, text ?? "");
    this.hidden = !text;
  }
}

customElements.define("connection-state", ConnectionState);
customElements.define("connection-banner", ConnectionBanner);
