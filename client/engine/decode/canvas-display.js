// SPDX-License-Identifier: Apache-2.0
// A canvas in place of a video element: shows decoded frames at their time.

import { quantile } from '../../shared/statistics.js';
/** @typedef {import('../audio/audio-output.js').SoundPlayer} SoundPlayer */
/** @typedef {import('../feed/feed.js').Display} Display */

/**
 * The picture has stalled when it stands still and is older than its time, both by this, s. Frames
 * that all come late are no stall: the picture moves.
 */
const STALL_LAG = 0.1;
/** A seek has ended when the picture is this near to its time, or after this time, ms. */
const SEEK_LAG = 0.1, LONGEST_SEEK = 1000;
/** Frames that are older than the shown one by less than this are not shown again, µs. */
const REPEATED = 10e6;
/** After a longer time without a refresh the page was hidden, ms. */
const HIDDEN_TIME = 1000;
/**
 * A rate below 1 is this many times as far below it until sound joins the picture, but at least the
 * second value: then the latency that sound needs is reached within a second.
 */
const JOIN_FACTOR = 4, SLOWEST_JOIN = 0.75;
/** The number of refreshes whose median interval is that of the screen. */
const KEPT_INTERVALS = 30;

/**
 * The clock of the media runs on by itself: late frames do not stop it. So the latency is the same
 * after an outage as before it. While sound is heard, the clock follows the sound.
 *
 * The video element stays in the page without media. It has the state of play and sound, and it
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
    /** The media time `time`, s, at `at`, ms of performance.now(). */
    this.anchor = { time: 0, at: 0 };
    this.rate = 1;
    /** @type {SoundPlayer | null} */
    this.sound = null;
    /** Whether sound waits until the picture is as late as the sound. */
    this.isJoining = false;
    /** Whether a position was chosen. */
    this.isSet = false;
    this.isPaused = true;
    /** Whether playback has continued after a pause, since the last choice of a position. */
    this.wasResumed = false;
    this.isSeeking = true;
    this.soughtAt = 0;
    this.isWaiting = false;
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
    const { anchor, isPaused } = this;
    if (isPaused) return anchor.time;
    return this.sound?.positionAt(at) ?? anchor.time + (at - anchor.at) / 1000 * this.clockRate;
  }

  /** The rate of the clock without sound. */
  get clockRate() {
    const { rate } = this;
    if (!this.isJoining || rate >= 1) return rate;
    return Math.max(SLOWEST_JOIN, 1 - JOIN_FACTOR * (1 - rate));
  }

  /** Sets the clock to the sound that is heard, so that it runs on from there without sound. */
  followSound() {
    const at = performance.now(), time = this.isPaused ? null : this.sound?.positionAt(at) ?? null;
    if (time !== null) this.anchor = { time, at };
  }

  /** @param {boolean} isJoining */
  setJoining(isJoining) {
    if (isJoining === this.isJoining) return;
    const at = performance.now();
    this.anchor = { time: this.position(at), at };
    this.isJoining = isJoining;
  }

  /** Follows the state of the video element. */
  followPause() {
    const { paused } = this.video;
    if (paused === this.isPaused) return;
    const at = performance.now(), { time } = this.anchor;
    const elapsed = paused ? (at - this.anchor.at) / 1000 * this.clockRate : 0;
    this.anchor = { time: time + elapsed, at };
    this.isPaused = paused;
    if (paused) return;
    this.wasResumed = this.shown > 0;
    this.isSeeking = true;
    this.soughtAt = at;
  }

  /** The end of the shown media, s. */
  get currentTime() {
    const position = this.position(), { decodedEnd } = this;
    return document.hidden || decodedEnd === 0 ? position : Math.min(position, decodedEnd);
  }

  set currentTime(time) {
    this.followPause();
    this.sound?.stop();
    this.soughtAt = performance.now();
    this.anchor = { time, at: this.soughtAt };
    this.isSet = true;
    this.isSeeking = true;
  }

  get playbackRate() { return this.rate; }

  set playbackRate(rate) {
    const at = performance.now();
    this.anchor = { time: this.position(at), at };
    this.rate = rate;
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
    if (interval > HIDDEN_TIME) {
      this.isSeeking = true;
      this.soughtAt = time;
    } else if (interval > 3) {
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
    const isNear = lag < SEEK_LAG || displayTime - this.soughtAt > LONGEST_SEEK;
    if (!this.isWaiting && !(this.isSeeking && isNear)) return;
    this.isWaiting = false;
    if (isNear) this.isSeeking = false;
    this.video.dispatchEvent(new Event('playing'));
  }

  followStall() {
    if (this.isWaiting || this.isSeeking) return;
    const still = (performance.now() - this.drawnAt) / 1000;
    if (Math.min(this.position() - this.decodedEnd, still) < STALL_LAG) return;
    this.isWaiting = true;
    this.video.dispatchEvent(new Event('waiting'));
  }
}
