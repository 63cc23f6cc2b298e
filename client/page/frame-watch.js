// SPDX-License-Identifier: Apache-2.0
import { ServerClock } from './clock.js';
import { StripReader } from './burned-clock.js';
import { quantile } from './statistics.js';

/**
 * Counts what is shown and reads the burned clock off each frame. Without frame callbacks
 * (WebKitGTK never fires them) it polls the position.
 */
export class FrameWatch {
  /** @param {HTMLVideoElement} video @param {ServerClock} clock */
  constructor(video, clock) {
    this.video = video;
    this.clock = clock;
    this.strip = new StripReader();
    this.shown = 0;
    this.undecoded = 0;
    /** @type {[number, number][]} [shown, burned clock], Unix ms, newest last */
    this.samples = [];
    /** @type {number | null} */
    this.stamp = null;
    this.unreadable = 0;
    this.presented = 0;
    this.called = false;
    this.polledTime = 0;
    /** @type {number[]} when the latest frames were shown, ms */
    this.times = [];
  }

  start() {
    const video = /** @type {any} */ (this.video);
    const poll = () => {
      if (this.called) return;
      if (this.video.currentTime !== this.polledTime && this.video.readyState >= 2) {
        this.polledTime = this.video.currentTime;
        this.frame(ServerClock.local(), 1);
      }
      requestAnimationFrame(poll);
    };
    if (!video.requestVideoFrameCallback) return poll();
    const step = (/** @type {number} */ _now, /** @type {any} */ facts) => {
      this.called = true;
      const count = facts.presentedFrames - this.presented;
      this.presented = facts.presentedFrames;
      this.frame(performance.timeOrigin + facts.expectedDisplayTime, count > 0 && count < 100 ? count : 1);
      video.requestVideoFrameCallback(step);
    };
    video.requestVideoFrameCallback(step);
    setTimeout(poll, 4000);
    return undefined;
  }

  /** @param {number} shown Unix ms on this browser's clock @param {number} count frames since the last call */
  frame(shown, count) {
    this.shown += count;
    this.times.push(shown);
    if (this.times.length > 120) this.times.shift();
    const stamp = this.strip.read(this.video);
    if (stamp === null) {
      this.undecoded += 1;
      this.unreadable += 1;
      if (this.unreadable > 15) this.stamp = null;
      return;
    }
    this.unreadable = 0;
    this.stamp = stamp;
    this.samples.push([shown + this.clock.offset, stamp]);
    if (this.samples.length > 4096) this.samples.splice(0, 1024);
  }

  /** Forgets the samples: another player begins. */
  reset() {
    this.samples = [];
    this.stamp = null;
    this.times = [];
  }

  /** Frames in the last second. */
  rate() {
    const since = ServerClock.local() - 1000;
    return this.times.filter((time) => time > since).length;
  }

  /** ms from the frame's tick to its display, median of the latest quarter of a second. */
  glassToGlass() {
    if (this.stamp === null || this.samples.length === 0) return null;
    return quantile(this.samples.slice(-8).map(([shown, stamp]) => shown - stamp), 0.5);
  }
}
