// SPDX-License-Identifier: Apache-2.0
// The clock of an audio output against the clock of the page.

/** The least share of a new measurement in the offset. */
const WEIGHT = 0.05;
/** A larger difference is a jump of the output, s. */
const JUMP = 0.05;
/** An output whose time does not advance for this time is not running, s. */
const STOP = 0.3;

/**
 * Both times in seconds: of the AudioContext when a sample is heard, and of performance.now().
 * Single measurements are late or early by some milliseconds, so their mean counts.
 */
export class OutputClock {
  constructor() {
    /** @type {number | null} time of the context − time of the page */
    this.offset = null;
    /** The number of measurements of this offset. */
    this.count = 0;
    this.latest = -Infinity;
    this.advancedAt = -Infinity;
  }

  /** Forgets the measurements: the output has stopped. */
  reset() {
    this.offset = null;
    this.count = 0;
    this.latest = -Infinity;
    this.advancedAt = -Infinity;
  }

  /**
   * @param {number} contextTime of the sample that is heard at `pageTime`
   * @param {number} pageTime @param {number} now of the page
   */
  measure(contextTime, pageTime, now) {
    if (contextTime <= this.latest) return;
    this.latest = contextTime;
    this.advancedAt = now;
    const offset = contextTime - pageTime;
    if (this.offset === null || Math.abs(offset - this.offset) > JUMP) {
      this.offset = offset;
      this.count = 0;
    }
    this.count += 1;
    this.offset += Math.max(WEIGHT, 1 / this.count) * (offset - this.offset);
  }

  /** @param {number} now of the page */
  isRunning(now) { return this.offset !== null && now - this.advancedAt < STOP; }

  /** @param {number} pageTime */
  contextTimeAt(pageTime) { return pageTime + (this.offset ?? 0); }

  /** @param {number} contextTime */
  pageTimeAt(contextTime) { return contextTime - (this.offset ?? 0); }
}
