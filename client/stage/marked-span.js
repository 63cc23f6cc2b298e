// SPDX-License-Identifier: Apache-2.0
// The span between two marked frames, which becomes a clip.

/** @typedef {import('../engine/server/past-extent.js').PastExtent} PastExtent */

/** The longest clip that the server makes, s. */
const LONGEST = 7200;

/** The first and the last frame of a clip; each by the middle of its slot, Unix seconds. */
export class MarkedSpan {
  constructor() {
    /** @type {number | null} */
    this.first = null;
    /** @type {number | null} */
    this.last = null;
  }

  /** @param {number} at a mark after the end removes the end */
  begin(at) {
    this.first = at;
    if (this.last !== null && this.last < at) this.last = null;
  }

  /** @param {number} at a mark before the start removes the start */
  end(at) {
    this.last = at;
    if (this.first !== null && this.first > at) this.first = null;
  }

  /** Why there is no clip; null if there is one, and before both marks are set. */
  get problem() {
    const { first, last } = this;
    if (first === null || last === null || last - first <= LONGEST) return null;
    return 'A clip has at most 2 hours';
  }

  /**
   * The name of the clip from the first to the last marked frame; null without both.
   *
   * The server's clip has the frame whose slot contains its start, and the last frame that begins
   * before its end: the middle of a slot is neither the one before nor the one after.
   */
  get name() {
    const { first, last } = this;
    if (first === null || last === null || this.problem !== null) return null;
    return `${first.toFixed(4)}--${last.toFixed(4)}.mp4`;
  }
}
