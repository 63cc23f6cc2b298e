// SPDX-License-Identifier: Apache-2.0
// Whether the playback position advances.

/** Measures the time since the playback position of an element last changed. */
export class Progress {
  /** @param {Pick<HTMLVideoElement, 'currentTime' | 'paused'>} video */
  constructor(video) {
    this.video = video;
    this.position = 0;
    this.changedAt = performance.now();
  }

  /** Starts the measurement again. */
  reset() { this.changedAt = performance.now(); }

  /** @param {number} now of performance.now() @returns {number} ms; 0 if paused or hidden */
  stoppedFor(now) {
    const { video } = this;
    if (video.currentTime !== this.position || video.paused || document.hidden) {
      this.position = video.currentTime;
      this.changedAt = now;
    }
    return now - this.changedAt;
  }
}
