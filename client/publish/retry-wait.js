// SPDX-License-Identifier: Apache-2.0
// The waits between attempts to connect.

/** The first and the longest wait, ms. */
const FIRST = 250, LONGEST = 4000;
/** The time for which the server keeps a lost publisher, and the longest wait in it, ms. */
const KEPT = 10000, LONGEST_KEPT = 1000;

/** Decides when to connect again: pure. */
export class RetryWait {
  constructor() {
    this.attempts = 0;
    /** When a live connection was lost, ms. */
    this.lostAt = -Infinity;
  }

  /** Another publisher begins. */
  restart() {
    this.attempts = 0;
    this.lostAt = -Infinity;
  }

  /** A connection is live. */
  connected() { this.attempts = 0; }

  /**
   * The wait after a loss, or after an attempt that failed.
   * @param {boolean} isLoss whether the connection was live
   * @param {number} now ms
   * @param {number | null} asked the wait that the server asks for, ms
   * @returns {number} ms
   */
  next(isLoss, now, asked) {
    if (isLoss) this.lostAt = now;
    const longest = now - this.lostAt < KEPT ? LONGEST_KEPT : LONGEST;
    const wait = Math.min(longest, FIRST * 2 ** this.attempts);
    this.attempts += 1;
    return Math.max(asked ?? 0, wait);
  }
}
