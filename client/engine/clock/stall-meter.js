// SPDX-License-Identifier: Apache-2.0
// Detects and measures stalls.

/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {{ at: number, seconds: number }} Stall `at`: Unix ms on the server's clock */

/** The least time between the starts of two stalls, ms. */
const INTERVAL = 1000;
/** A stall has ended when the position advances for this time, ms. */
const RECOVERY = 90;
/** A shorter stall is not visible: it is shorter than a frame, s. */
const VISIBLE = 0.03;

/** A stall is a stop of playback after the first frame, outside seeks and pauses. */
export class StallMeter {
  /** @param {Display} video */
  constructor(video) {
    this.video = video;
    /** @type {Stall[]} at most 1000 */
    this.stalls = [];
    /** @type {Stall | null} */
    this.current = null;
    this.hasPlayed = false;
    this.startedAt = -Infinity;
    this.stoppedUntil = 0;
    this.position = 0;
  }

  /** For another player. */
  reset() {
    this.hasPlayed = false;
    this.current = null;
  }

  /**
   * Playback has stopped.
   * @param {number} serverTime Unix ms
   */
  begin(serverTime) {
    const now = performance.now(), { video } = this;
    if (!this.hasPlayed || this.current || video.seeking || video.paused || document.hidden) return;
    if (now - this.startedAt < INTERVAL) return;
    this.startedAt = now;
    this.stoppedUntil = now;
    this.position = video.currentTime;
    this.current = { at: serverTime, seconds: 0 };
    this.stalls.push(this.current);
    if (this.stalls.length > 1000) this.stalls.shift();
  }

  /**
   * @param {number} now
   * @returns {{ seconds: number, startedAt: number } | null} a stall that has ended now
   */
  update(now) {
    const { current, video, startedAt } = this;
    if (!current) return null;
    const isAdvancing = video.currentTime !== this.position && !video.seeking
      && video.readyState >= 3;
    this.position = video.currentTime;
    if (video.paused) return this.end();
    if (!isAdvancing) this.stoppedUntil = now;
    current.seconds = (this.stoppedUntil - startedAt) / 1000;
    return now - this.stoppedUntil < RECOVERY ? null : this.end();
  }

  /**
   * Ends the open stall: the time from now on does not count.
   * @returns {{ seconds: number, startedAt: number } | null} null if there is none
   */
  end() {
    const { current, startedAt } = this;
    if (!current) return null;
    this.current = null;
    if (current.seconds < VISIBLE) this.stalls.pop();
    return { seconds: current.seconds, startedAt };
  }
}
