// SPDX-License-Identifier: Apache-2.0
// The clock of a captured track: its timestamps have a base of their own.

/** The time for which an arrival counts, ms. */
const MEMORY = 10000;

/**
 * Maps timestamps of a track to the time of this machine: by the most prompt arrival of the last
 * seconds. The delay within the camera is not contained.
 */
export class CaptureClock {
  constructor() {
    /** @type {{ at: number, least: number }[]} per second, the newest last */
    this.seconds = [];
  }

  /**
   * The capture time of a timestamp that has just arrived.
   * @param {number} timestamp µs @param {number} now performance.now()
   * @returns {number} ms of performance.now()
   */
  take(timestamp, now) {
    const difference = now - timestamp / 1000, last = this.seconds.at(-1);
    if (last && Math.abs(difference - last.least) > 2000) this.seconds = [];
    if (last && this.seconds.length > 0 && now - last.at < 1000) {
      last.least = Math.min(last.least, difference);
    } else {
      this.seconds.push({ at: now, least: difference });
    }
    while (now - this.seconds[0].at > MEMORY) this.seconds.shift();
    return timestamp / 1000 + Math.min(...this.seconds.map(({ least }) => least));
  }
}

/** The largest change of a timeline that is applied slowly, and how slowly, ms and ms/ms. */
const LARGEST_SLEW = 60, SLEW = 0.001;

/** Presentation times of audio: continuous, and near the capture times. */
export class AudioTimeline {
  constructor() {
    /** @type {number | null} presentation − timestamp, ms */
    this.offset = null;
    this.at = 0;
    this.last = -Infinity;
  }

  /**
   * Follows a capture time.
   * @param {number} timestamp µs @param {number} captured Unix ms @param {number} now ms
   */
  follow(timestamp, captured, now) {
    const offset = captured - timestamp / 1000;
    if (this.offset === null || Math.abs(offset - this.offset) > LARGEST_SLEW) {
      this.offset = offset;
    } else {
      const most = SLEW * (now - this.at);
      this.offset += Math.max(-most, Math.min(most, offset - this.offset));
    }
    this.at = now;
  }

  /**
   * The presentation time of a coded frame; null before the first capture time.
   * @param {number} timestamp µs @returns {number | null} Unix µs
   */
  presentation(timestamp) {
    if (this.offset === null) return null;
    this.last = Math.max(this.last + 1, Math.round(timestamp + this.offset * 1000));
    return this.last;
  }
}
