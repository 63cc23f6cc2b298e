// SPDX-License-Identifier: Apache-2.0
// The return to the live edge by a seek to media that is not buffered.

/** Later than the target by this for this time, s: the buffer will not catch up by itself. */
const EDGE_LATE = 0.75, EDGE_LATE_TIME = 1.5;
/** A latency that falls by this share of the time is about to reach the target. */
const FALLING_SHARE = 0.3;
/**
 * A seek is to the start of a GOP, whose media before the position is loaded too. It
 * waits for a start whose latency exceeds the target by at most this, s, but at most `EDGE_WAIT` s.
 */
const EDGE_NEAR = 0.35, EDGE_WAIT = 2.5;
/** The latency after a seek may be below the target by this, s: loading takes longer. */
const EDGE_EARLY = 0.05;
/**
 * The least time between two seeks, s; doubled by each within `EDGE_MEMORY` s after another, up to
 * the second value.
 */
const EDGE_INTERVAL = 4, LONGEST_EDGE_INTERVAL = 32, EDGE_MEMORY = 60;

/**
 * Decides about seeks of a player that requests one part after another: after a loss it loads no
 * faster than it plays, so that media at the target is never buffered. All times in seconds.
 */
export class EdgeReturn {
  constructor() {
    /** @type {{ at: number, latency: number } | null} when the latency became too high */
    this.since = null;
    this.soughtAt = -Infinity;
    this.interval = EDGE_INTERVAL;
  }

  /**
   * @param {number} now on any monotonic clock
   * @param {number} latency @param {number} target
   * @param {number} position that is played
   * @param {number[]} starts positions at which decoding can start, ascending
   * @returns {number | null} the position to seek to
   */
  step(now, latency, target, position, starts) {
    if (latency - target < EDGE_LATE) {
      this.since = null;
      return null;
    }
    this.since ??= { at: now, latency };
    const elapsed = now - this.since.at;
    if (elapsed < EDGE_LATE_TIME) return null;
    if (this.since.latency - latency > FALLING_SHARE * elapsed) {
      this.since = { at: now, latency };  // it is watched again
      return null;
    }
    if (now - this.soughtAt < this.interval) return null;
    const latencyAt = (/** @type {number} */ start) => latency - (start - position);
    const start = starts.filter((one) => latencyAt(one) >= target - EDGE_EARLY).at(-1);
    if (start === undefined || latency - latencyAt(start) < EDGE_LATE / 2) return null;
    if (latencyAt(start) > target + EDGE_NEAR && elapsed < EDGE_LATE_TIME + EDGE_WAIT) return null;
    const isRepeated = now - this.soughtAt < EDGE_MEMORY;
    this.interval = isRepeated ? Math.min(LONGEST_EDGE_INTERVAL, 2 * this.interval) : EDGE_INTERVAL;
    this.soughtAt = now;
    this.since = null;
    return start;
  }
}
