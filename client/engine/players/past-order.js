// SPDX-License-Identifier: Apache-2.0
// Which segments of the past are requested, and when.

/** @typedef {import('../server/past-extent.js').PastExtent} PastExtent */

/** Media that is requested ahead of the position at the usual rate, s. */
const AHEAD = 6;
/** Requests of one track at a time. */
const MOST_REQUESTS = 3;
/** A position this far after the start of a segment needs no media of the one before, s. */
const OVERLAP = 0.05;

/** The order of the segments after one position, without those in gaps. */
export class PastOrder {
  /** @param {PastExtent} extent @param {number} position media time, s */
  constructor(extent, position) {
    this.extent = extent;
    // Audio of the position may begin in the segment before.
    this.next = extent.withMedia(extent.segmentAt(position - OVERLAP));
    this.waiting = 0;
  }

  /**
   * The next segment to request, which counts as requested; null if none is to be requested yet.
   * @param {number} position media time, s @param {number} rate of playback
   * @param {number} edge media time up to which segments are complete, s
   */
  take(position, rate, edge) {
    const { extent, next } = this, start = extent.startOf(next);
    const ahead = AHEAD * Math.max(1, Math.min(rate, 2.5));
    if (this.waiting >= MOST_REQUESTS) return null;
    if (extent.mediaBetween(position, start) > ahead) return null;
    if (start + extent.segmentDuration > edge) return null;
    this.waiting += 1;
    this.next = extent.withMedia(next + 1);
    return next;
  }

  /** A response has arrived. */
  arrived() { this.waiting -= 1; }
}
