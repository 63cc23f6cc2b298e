// SPDX-License-Identifier: Apache-2.0
// The clock of a canvas: the media time that is shown.

/** @typedef {import('../audio/audio-output.js').AudioOutput} AudioOutput */

/**
 * A rate below 1 is this many times as far below it until audio joins the display, but at least the
 * second value: then the latency that audio needs is reached within a second.
 */
const JOIN_FACTOR = 4, SLOWEST_JOIN = 0.75;

/**
 * Runs on by itself: late frames do not stop it. So the latency is the same after an outage as
 * before it. While audio is heard, it follows the audio.
 */
export class CanvasClock {
  constructor() {
    /** The media time `time`, s, at `at`, ms of performance.now(). */
    this.anchor = { time: 0, at: 0 };
    this.rate = 1;
    /** @type {AudioOutput | null} */
    this.audio = null;
    /** Whether audio waits until the display is as late as the audio. */
    this.isJoining = false;
    this.isPaused = true;
  }

  /** The media time at `at`, ms of performance.now(); without it now, s. */
  position(at = performance.now()) {
    const { anchor, isPaused } = this;
    if (isPaused) return anchor.time;
    return this.audio?.positionAt(at) ?? anchor.time + (at - anchor.at) / 1000 * this.ownRate;
  }

  /** The rate without audio. */
  get ownRate() {
    const { rate } = this;
    if (!this.isJoining || rate >= 1) return rate;
    return Math.max(SLOWEST_JOIN, 1 - JOIN_FACTOR * (1 - rate));
  }

  /** The time runs on from where it is. */
  hold() {
    const at = performance.now();
    this.anchor = { time: this.position(at), at };
  }

  /** @param {number} time s */
  seek(time) {
    this.audio?.stop();
    this.anchor = { time, at: performance.now() };
  }

  /** @param {number} rate */
  setRate(rate) {
    this.hold();
    this.rate = rate;
  }

  /** @param {boolean} isJoining */
  setJoining(isJoining) {
    if (isJoining === this.isJoining) return;
    this.hold();
    this.isJoining = isJoining;
  }

  /** @param {boolean} isPaused */
  setPaused(isPaused) {
    const at = performance.now(), { time } = this.anchor;
    const elapsed = isPaused ? (at - this.anchor.at) / 1000 * this.ownRate : 0;
    this.anchor = { time: time + elapsed, at };
    this.isPaused = isPaused;
  }

  /** Follows the audio that is heard, to run on from there without audio. */
  followAudio() {
    const at = performance.now(), time = this.isPaused ? null : this.audio?.positionAt(at) ?? null;
    if (time !== null) this.anchor = { time, at };
  }
}
