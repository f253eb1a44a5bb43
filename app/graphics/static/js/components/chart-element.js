/** What all charts share: they measure themselves, draw when data or size change, and can be read with a pointer or keys. */

import { h, s, setText } from "../lib/dom.js";

/**
 * A subclass says `label` (what a screen reader calls it), `height(width)` and `draw(width, height)`.
 * draw returns {nodes, marks, summary}: SVG nodes; marks {x, y?, text} in reading order, for the read-out;
 * summary: one sentence of what is seen.
 */
export class ChartElement extends HTMLElement {
  #frame = 0;
  #width = 0;
  #at = -1;
  #marks = [];
  #data = null;
  #svg = s("svg", { "aria-hidden": "true", focusable: "false" });
  #cursor = s("g", { class: "cursor" });
  #readout = h("p", { class: "readout", "aria-hidden": "true" });
  #summary = h("p", { class: "visually-hidden" });
  #plot = h("div", { class: "plot", role: "slider", tabindex: "0", "aria-valuemin": "0" }, this.#svg);
  #sizes = new ResizeObserver(([entry]) => this.#resize(entry.contentRect.width));

  connectedCallback() {
    if (!this.#plot.isConnected) {
      this.#plot.setAttribute("aria-label", this.label);
      this.append(this.#summary, this.#plot, this.#readout);
      this.#plot.addEventListener("pointermove", (event) => this.#point(event));
      this.#plot.addEventListener("pointerdown", (event) => this.#point(event));
      this.#plot.addEventListener("pointerleave", () => this.#read(-1));
      this.#plot.addEventListener("blur", () => this.#read(-1));
      this.#plot.addEventListener("keydown", (event) => this.#key(event));
    }
    this.#sizes.observe(this);
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    this.#schedule();
  }

  #resize(width) {
    if (Math.round(width) === this.#width) return;
    this.#width = Math.round(width);
    this.#schedule();
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#data && this.#width > 0) this.#render();
    });
  }

  #render() {
    const width = this.#width;
    const height = this.height(width);
    const { nodes, marks, summary } = this.draw(width, height);
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.setAttribute("width", width);
    this.#svg.setAttribute("height", height);
    this.#svg.replaceChildren(...nodes, this.#cursor);
    this.#marks = marks;
    setText(this.#summary, summary);
    this.#plot.setAttribute("aria-valuemax", String(Math.max(marks.length - 1, 0)));
    this.#read(Math.min(this.#at, marks.length - 1));
  }

  /** Distance of a mark from the pointer; one without y is a moment, for which only x counts. */
  #distance(mark, x, y) {
    return mark.y === undefined ? Math.abs(mark.x - x) : Math.hypot(mark.x - x, mark.y - y);
  }

  #point(event) {
    const box = this.#svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let nearest = -1;
    let least = Infinity;
    this.#marks.forEach((mark, index) => {
      const distance = this.#distance(mark, x, y);
      if (distance < least) [nearest, least] = [index, distance];
    });
    this.#read(nearest);
  }

  #key(event) {
    const last = this.#marks.length - 1;
    const from = this.#at < 0 ? last + 1 : this.#at;
    const to = { ArrowLeft: from - 1, ArrowDown: from - 1, ArrowRight: from + 1, ArrowUp: from + 1, Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#read(event.key === "Escape" ? -1 : Math.min(Math.max(to, 0), last));
  }

  #read(index) {
    this.#at = index;
    const mark = this.#marks[index];
    this.#cursor.replaceChildren(...(mark ? this.#cursorAt(mark) : []));
    setText(this.#readout, mark ? mark.text : this.hint);
    this.#readout.classList.toggle("idle", !mark);
    this.#plot.setAttribute("aria-valuenow", String(Math.max(index, 0)));
    this.#plot.setAttribute("aria-valuetext", mark ? mark.text : this.#summary.textContent);
  }

  #cursorAt(mark) {
    const height = this.#svg.getAttribute("height");
    if (mark.y === undefined) return [s("line", { x1: mark.x, x2: mark.x, y1: 0, y2: height })];
    return [s("circle", { cx: mark.x, cy: mark.y, r: (mark.r ?? 4) + 4 })];
  }

  /** What the line under the chart says while nothing is pointed at. */
  get hint() {
    return "";
  }
}

/** A word in the middle of a chart that has nothing to show yet. */
export function emptyNote(width, height, text) {
  return s("text", { class: "empty-note", x: width / 2, y: height / 2, "text-anchor": "middle" }, text);
}
