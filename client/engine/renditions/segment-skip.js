// SPDX-License-Identifier: Apache-2.0
// When the frame player leaves out the rest of a segment, because it has been late for long.

/** Later than usual by this for this time, s: a backlog that does not end by itself soon. */
const SKIP_LAG = 0.5, SKIP_LAG_TIME = 2;
/** The next segment has begun this time ago, and this much media is left out at least, s. */
const BEGUN = 0.1, LEAST_SKIP = 0.3;
/** The least time between two skips, s. */
const SKIP_PAUSE = 3;

/**
 * Decides about skips on a link that carries the lowest rendition with little reserve: a backlog
 * would last as long as the connection. All times in seconds.
 */
export class SegmentSkip {
  constructor() {
    /** @type {number | null} */
    this.lateSince = null;
    this.skippedAt = -Infinity;
  }

  /**
   * @param {number} now on any monotonic clock
   * @param {number} lag of the chunk that arrives now
   * @param {number} pastEnd the time since the next segment has begun; negative before
   * @returns {boolean} whether the rest of the segment is to be left out
   */
  step(now, lag, pastEnd) {
    if (!(lag > SKIP_LAG)) {
      this.lateSince = null;
      return false;
    }
    this.lateSince ??= now;
    const isDue = now - this.lateSince >= SKIP_LAG_TIME && now - this.skippedAt >= SKIP_PAUSE;
    if (!isDue || pastEnd < BEGUN || lag - pastEnd < LEAST_SKIP) return false;
    this.skippedAt = now;
    return true;
  }
}
