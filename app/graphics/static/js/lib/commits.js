/** Frames of one commit, together: half of a moment is no state that was ever true. */

// The frames of a commit come at once; what is not there after this has been held up on the way.
const QUIET_MS = 15;
const LONGEST_MS = 250;

export class Commits {
  #frames = [];
  #at = null;
  #quiet = 0;
  #since = 0;
  #apply;

  /** @param {(frames: {type: string, data: object}[]) => void} apply called with all frames of a commit, in their order */
  constructor(apply) {
    this.#apply = apply;
  }

  /** One more frame of the stream. Those of a commit have one `published_at`. */
  take(frame) {
    if (this.#frames.length && frame.data.published_at !== this.#at) this.#finish();
    this.#at = frame.data.published_at;
    if (!this.#frames.length) this.#since = performance.now();
    this.#frames.push(frame);
    if (frame.type === "snapshot" || performance.now() - this.#since > LONGEST_MS) return this.#finish();
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#finish(), QUIET_MS);
  }

  stop() {
    clearTimeout(this.#quiet);
    this.#frames = [];
  }

  #finish() {
    clearTimeout(this.#quiet);
    const frames = this.#frames;
    this.#frames = [];
    if (frames.length) this.#apply(frames);
  }
}
