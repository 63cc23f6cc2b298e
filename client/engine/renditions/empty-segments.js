// SPDX-License-Identifier: Apache-2.0
// The rendition in place of one whose segment has no media.

/** @typedef {import('./ladder.js').Ladder} Ladder */
/** @typedef {import('./ladder.js').Prepared} Prepared */

/** Remembers the renditions without media for the segment `number`. */
export class EmptySegments {
  /** @param {Ladder} ladder @param {(index: number) => void} onEmpty a rendition has no media */
  constructor(ladder, onEmpty) {
    this.ladder = ladder;
    this.onEmpty = onEmpty;
    this.number = -1;
    /** @type {Set<number>} */
    this.indices = new Set();
    /** Whether the rendition in place of an empty one is prepared. */
    this.isPreparing = false;
  }

  /**
   * The rendition whose segment has the same number; null if none has media.
   * @param {number} number of the segment @param {number} index of the rendition without media
   * @returns {Promise<Prepared | null>}
   */
  async substitute(number, index) {
    if (this.number !== number) this.indices = new Set();
    this.number = number;
    const { indices, ladder } = this, other = ladder.allowed(index, indices.add(index));
    if (indices.has(other)) return null;
    this.isPreparing = true;
    try {
      this.onEmpty(index);
      return await ladder.prepare(other);
    } finally {
      this.isPreparing = false;
    }
  }
}
