// SPDX-License-Identifier: Apache-2.0
// A canvas in place of a video element: shows decoded frames at their time.

import { quantile } from '../../shared/statistics.js';
import { CanvasClock } from './canvas-clock.js';
import { displayAfter } from './display-state.js';
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('./display-state.js').DisplayEvent} DisplayEvent */
/** @typedef {import('./display-state.js').DisplayState} DisplayState */

/**
 * The display has stalled when it stands still and is older than its time, both by this, s. Frames
 * that all come late are no stall: the display moves.
 */
const STALL_LAG = 0.1;
/** A seek has ended when the display is this near to its time, or after this time, ms. */
const SEEK_LAG = 0.1, LONGEST_SEEK = 1000;
/** Frames that are older than the shown one by less than this are not shown again, µs. */
const REPEATED = 10e6;
/** After a longer time without a refresh the page was hidden, ms. */
const HIDDEN_TIME = 1000;
/** The number of refreshes whose median interval is that of the screen. */
const KEPT_INTERVALS = 30;

/**
 * Draws each frame at its time by the clock of the canvas.
 *
 * The video element stays in the page without media. It has the state of play and audio, and it
 * gets the events of the playback.
 * @implements {Display}
 */
export class CanvasDisplay {
  /**
   * @param {HTMLVideoElement} video
   * @param {(displayTime: number, frame: VideoFrame) => void} onShown `displayTime` in Unix ms
   */
  constructor(video, onShown) {
    this.video = video;
    this.onShown = onShown;
    /** Called with each refresh of the screen. */
    this.onRefresh = () => {};
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('part', 'video');
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', video.getAttribute('aria-label') ?? 'Live video');
    for (const event of ['click', 'dblclick']) {
      this.canvas.addEventListener(event, () => video.dispatchEvent(new MouseEvent(event)));
    }
    const context = this.canvas.getContext('2d', { alpha: false });
    this.context = /** @type {CanvasRenderingContext2D} */ (context);
    /** @type {VideoFrame[]} decoded frames that were not shown, by time */
    this.frames = [];
    this.clock = new CanvasClock();
    /** @type {DisplayState} */
    this.state = { name: 'unset' };
    /** Whether playback has continued after a pause, since the last choice of a position. */
    this.wasResumed = false;
    /** The ends of the newest decoded and the newest received frame, s. */
    this.decodedEnd = 0;
    this.receivedEnd = 0;
    this.shown = 0;
    this.shownTimestamp = -Infinity;
    /** When the latest frame was drawn, ms of performance.now(). */
    this.drawnAt = 0;
    this.dropped = 0;
    /** The times between the latest refreshes, ms. */
    this.intervals = [1000 / 60];
    this.refreshedAt = 0;
    this.handle = 0;
  }

  /** Puts the canvas in the place of the video element. */
  open() {
    this.video.hidden = true;
    this.video.after(this.canvas);
    this.handle = requestAnimationFrame((time) => this.refresh(time));
  }

  close() {
    cancelAnimationFrame(this.handle);
    for (const frame of this.frames) frame.close();
    this.frames = [];
    this.canvas.remove();
    this.video.hidden = false;
  }

  // The clock

  /** The media time at `at`, ms of performance.now(); without it now, s. */
  position(at = performance.now()) {
    this.followPause();
    return this.clock.position(at);
  }

  /** Sets the clock to the audio that is heard. */
  followAudio() { this.clock.followAudio(); }

  /** @param {boolean} isJoining whether audio waits until the display is as late */
  setJoining(isJoining) {
    this.followPause();
    this.clock.setJoining(isJoining);
  }

  get isPaused() { return this.clock.isPaused; }

  /** Whether a position was chosen. */
  get isSet() { return this.state.name !== 'unset'; }

  get isSeeking() { return this.state.name === 'unset' || this.state.name === 'seeking'; }

  /** Whether a frame is missing. */
  get isWaiting() {
    return this.state.name === 'stalled' || this.state.name === 'seeking' && this.state.isStalled;
  }

  /**
   * @param {DisplayEvent} event
   * @returns {boolean} whether the state has changed
   */
  on(event) {
    const before = this.state;
    this.state = displayAfter(before, event);
    return this.state !== before;
  }

  /** Follows the state of the video element. */
  followPause() {
    const { paused } = this.video;
    if (paused === this.isPaused) return;
    this.clock.setPaused(paused);
    if (paused) return;
    this.wasResumed = this.shown > 0;
    this.on({ name: 'jump', at: performance.now() });
  }

  /** The end of the shown media, s. */
  get currentTime() {
    const position = this.position(), { decodedEnd } = this;
    return document.hidden || decodedEnd === 0 ? position : Math.min(position, decodedEnd);
  }

  set currentTime(time) {
    this.followPause();
    this.clock.seek(time);
    this.on({ name: 'choose', at: performance.now() });
  }

  get playbackRate() { return this.clock.rate; }

  set playbackRate(rate) {
    this.followPause();
    this.clock.setRate(rate);
  }

  get paused() { return this.video.paused; }

  get seeking() {
    this.followPause();
    return this.isSeeking;
  }

  get readyState() { return this.isSeeking ? 1 : this.isWaiting ? 2 : 4; }

  get buffered() {
    const { receivedEnd } = this;
    return { length: receivedEnd > 0 ? 1 : 0, start: () => 0, end: () => receivedEnd };
  }

  get videoWidth() { return this.shown > 0 ? this.canvas.width : 0; }

  get videoHeight() { return this.shown > 0 ? this.canvas.height : 0; }

  getVideoPlaybackQuality() {
    return {
      droppedVideoFrames: this.dropped, totalVideoFrames: this.shown + this.dropped,
      corruptedVideoFrames: 0, creationTime: performance.now(),
    };
  }

  /** The time between two refreshes of the screen, ms. */
  get interval() { return quantile(this.intervals, 0.5); }

  // Frames

  /** @param {VideoFrame} frame decoded now */
  add(frame) {
    const { frames } = this, age = this.shownTimestamp - frame.timestamp;
    if (age >= 0 && age < REPEATED) {  // a segment is decoded again after an error
      frame.close();
      return;
    }
    let index = frames.length;
    while (index > 0 && frames[index - 1].timestamp > frame.timestamp) index -= 1;
    frames.splice(index, 0, frame);
    this.decodedEnd = (frame.timestamp + (frame.duration ?? 0)) / 1e6;
    // Of the frames that are due only the newest can be shown.
    while (frames.length > 1 && frames[1].timestamp / 1e6 <= this.position()) this.drop();
  }

  /** Drops the oldest frame. */
  drop() {
    this.frames.shift()?.close();
    if (!this.isSeeking) this.dropped += 1;
  }

  /** @param {number} time of the refresh, ms of performance.now() */
  refresh(time) {
    this.handle = requestAnimationFrame((next) => this.refresh(next));
    const interval = time - this.refreshedAt;
    this.refreshedAt = time;
    if (interval > HIDDEN_TIME) this.on({ name: 'jump', at: time });
    else if (interval > 3) {
      this.intervals.push(interval);
      if (this.intervals.length > KEPT_INTERVALS) this.intervals.shift();
    }
    this.followPause();
    if (this.isSet && !this.isPaused) {
      this.show(time + this.interval);
      this.followStall();
    }
    this.onRefresh();
  }

  /**
   * Draws the newest frame that is due: this refresh of the screen is the nearest one to its time.
   * @param {number} displayTime when the drawing is on the screen, ms of performance.now()
   */
  show(displayTime) {
    const { frames, canvas } = this, position = this.position(displayTime + this.interval / 2);
    while (frames.length > 1 && frames[1].timestamp / 1e6 <= position) this.drop();
    const [frame] = frames;
    if (!frame || frame.timestamp / 1e6 > position) return;
    frames.shift();
    const { displayWidth, displayHeight } = frame;
    if (canvas.width !== displayWidth || canvas.height !== displayHeight) {
      canvas.width = displayWidth;
      canvas.height = displayHeight;
    }
    const image = /** @type {any} */ (frame);
    this.context.drawImage(image, 0, 0, displayWidth, displayHeight);
    this.shown += 1;
    this.drawnAt = performance.now();
    this.shownTimestamp = frame.timestamp;
    this.onShown(performance.timeOrigin + displayTime, frame);
    const lag = position - frame.timestamp / 1e6;
    frame.close();
    const { state } = this, since = state.name === 'seeking' ? state.since : displayTime;
    const isNear = lag < SEEK_LAG || displayTime - since > LONGEST_SEEK;
    if (this.on({ name: 'show', isNear })) this.video.dispatchEvent(new Event('playing'));
  }

  followStall() {
    if (this.state.name !== 'playing') return;
    const still = (performance.now() - this.drawnAt) / 1000;
    if (Math.min(this.position() - this.decodedEnd, still) < STALL_LAG) return;
    this.on({ name: 'stall' });
    this.video.dispatchEvent(new Event('waiting'));
  }
}
