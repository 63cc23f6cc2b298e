// SPDX-License-Identifier: Apache-2.0
// Measures the frames that a video element shows.

import { localNow } from '../../shared/clock.js';
import { quantile } from '../../shared/statistics.js';
import { BurnedClockReader } from './burned-clock.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */

/** The burned clock counts as absent after this number of unreadable frames. */
const UNREADABLE_LIMIT = 15;

/**
 * Counts frames and reads the burned clock of each. Without frame callbacks (WebKitGTK never calls
 * them) it polls the playback position.
 */
export class FrameMeter {
  /** @param {HTMLVideoElement} video @param {ServerClock} clock */
  constructor(video, clock) {
    this.video = video;
    this.clock = clock;
    this.reader = new BurnedClockReader();
    this.frames = 0;
    /** Frames without a readable clock. */
    this.undecoded = 0;
    this.unreadable = 0;
    /** @type {[number, number][]} [display time, burned clock], Unix ms, newest last */
    this.samples = [];
    /** @type {number | null} of the latest frame, Unix ms */
    this.burnedClock = null;
    this.presentedFrames = 0;
    this.hasCallbacks = false;
    this.polledPosition = 0;
    /** @type {number[]} display times of the latest frames, Unix ms */
    this.displayTimes = [];
    this.isStopped = false;
    /** Of the pending frame callback, timer and animation frame. */
    this.handles = { callback: 0, timer: 0, frame: 0 };
  }

  start() {
    const video = /** @type {any} */ (this.video);
    if (!video.requestVideoFrameCallback) {
      this.poll();
      return;
    }
    const step = (/** @type {number} */ _, /** @type {any} */ metadata) => {
      this.hasCallbacks = true;
      const count = metadata.presentedFrames - this.presentedFrames;
      this.presentedFrames = metadata.presentedFrames;
      const displayTime = performance.timeOrigin + metadata.expectedDisplayTime;
      this.add(displayTime, count > 0 && count < 100 ? count : 1);
      this.handles.callback = video.requestVideoFrameCallback(step);
    };
    this.handles.callback = video.requestVideoFrameCallback(step);
    this.handles.timer = window.setTimeout(() => this.poll(), 4000);
  }

  stop() {
    this.isStopped = true;
    const { handles, video } = this;
    /** @type {any} */ (video).cancelVideoFrameCallback?.(handles.callback);
    clearTimeout(handles.timer);
    cancelAnimationFrame(handles.frame);
  }

  poll() {
    const { video } = this;
    if (this.hasCallbacks || this.isStopped) return;
    if (video.currentTime !== this.polledPosition && video.readyState >= 2) {
      this.polledPosition = video.currentTime;
      this.add(localNow(), 1);
    }
    this.handles.frame = requestAnimationFrame(() => this.poll());
  }

  /**
   * A frame is shown by a canvas.
   * @param {number} displayTime Unix ms on this browser's clock @param {VideoFrame} frame
   */
  shown(displayTime, frame) { this.add(displayTime, 1, frame); }

  /**
   * @param {number} displayTime Unix ms on this browser's clock
   * @param {number} count of frames since the last call
   * @param {HTMLVideoElement | VideoFrame} frame
   */
  add(displayTime, count, frame = this.video) {
    this.frames += count;
    this.displayTimes.push(displayTime);
    if (this.displayTimes.length > 120) this.displayTimes.shift();
    const burnedClock = this.reader.read(frame);
    if (burnedClock === null) {
      this.undecoded += 1;
      this.unreadable += 1;
      if (this.unreadable > UNREADABLE_LIMIT) this.burnedClock = null;
      return;
    }
    this.unreadable = 0;
    this.burnedClock = burnedClock;
    this.samples.push([displayTime + this.clock.offset, burnedClock]);
    if (this.samples.length > 4096) this.samples.splice(0, 1024);
  }

  /** Forgets the samples, for another player. */
  reset() {
    this.samples = [];
    this.burnedClock = null;
    this.displayTimes = [];
  }

  /** The usual time between two frames, s; 0 while unknown. */
  interval() {
    const times = this.displayTimes.slice(-15);
    const intervals = times.slice(1).map((time, i) => time - times[i]);
    return intervals.length === 0 ? 0 : Math.max(0, quantile(intervals, 0.5)) / 1000;
  }

  /** The number of frames in the last second. */
  rate() {
    const since = localNow() - 1000;
    return this.displayTimes.filter((time) => time > since).length;
  }

  /**
   * The time from frame time to display: the median of the last eight samples, ms.
   * @returns {number | null} null without a burned clock
   */
  glassToGlass() {
    if (this.burnedClock === null || this.samples.length === 0) return null;
    const latest = this.samples.slice(-8);
    return quantile(latest.map(([displayTime, burnedClock]) => displayTime - burnedClock), 0.5);
  }
}
