// SPDX-License-Identifier: Apache-2.0
// How late chunks arrive.

import { Samples } from '../../shared/statistics.js';

/** The duration of two frames at 30 frames per second, s. */
const MARGIN = 0.06;

/** About three seconds of video at 30 frames per second, or of chunks of two AAC frames. */
const KEPT_CHUNKS = 90;

/** A delay that grows by more than this from one chunk to the next is an outage, s. */
const OUTAGE_DELAY = 0.3;
/** The chunks of an outage arrive in this time after it, s; later ones are slow by themselves. */
const OUTAGE_BACKLOG = 5;

/**
 * The delays of the latest chunks of one track, s.
 *
 * Chunks that were published during an outage arrive together after it. Their delays do not count:
 * the next chunks arrive as before.
 */
export class TrackDelays {
  /** @param {number} capacity */
  constructor(capacity) {
    this.samples = new Samples(capacity);
    /** @type {number | null} of the latest chunk */
    this.latest = null;
    this.outageEnd = -Infinity;
  }

  clear() {
    this.samples.clear();
    this.latest = null;
    this.outageEnd = -Infinity;
  }

  /**
   * @param {number} now of the arrival, Unix seconds
   * @param {number} date PROGRAM-DATE-TIME of the chunk, Unix seconds
   */
  add(now, date) {
    const delay = now - date;
    if (this.latest !== null && delay - this.latest > OUTAGE_DELAY) this.outageEnd = now;
    this.latest = delay;
    const isNew = date >= this.outageEnd || now - this.outageEnd > OUTAGE_BACKLOG;
    if (isNew) this.samples.add(delay);
  }

  get count() { return this.samples.count; }

  /** @param {number} q 0–1 @returns {number} NaN without a sample */
  quantile(q) { return this.samples.quantile(q); }
}

/** The times from the PROGRAM-DATE-TIME of the latest chunks until their arrival, s. */
export class ArrivalDelays {
  constructor() {
    this.video = new TrackDelays(KEPT_CHUNKS);
    this.audio = new TrackDelays(KEPT_CHUNKS);
  }

  clear() {
    this.video.clear();
    this.audio.clear();
  }

  /**
   * The lowest target for which three of four chunks arrive in time, s; 0 while unknown. A later
   * chunk may cause a stall, and a stall raises the target.
   */
  minimumTarget() {
    if (this.video.count < 60) return 0;
    const audio = this.audio.count < 20 ? 0 : this.audio.quantile(0.75) + MARGIN;
    return Math.max(audio, this.video.quantile(0.75) + MARGIN);
  }

  /** Whether dates and clock agree: the median delay is plausible, or unknown. */
  get isPlausible() {
    const delay = this.video.quantile(0.5);
    return !(delay > 5 || delay < -1);
  }
}
