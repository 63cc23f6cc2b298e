// SPDX-License-Identifier: Apache-2.0
// The frame player with WebCodecs: its own jitter buffer, and a canvas.

import { CanvasDisplay } from '../canvas-display.js';
import { DecoderFeed, webCodecsProblem } from '../decoder-feed.js';
import { TrackDelays } from './arrivals.js';
import { FramePlayer } from './frames.js';
/** @typedef {import('./player.js').Host} Host */

/** The frames whose delays determine the lowest target. */
const KEPT_DELAYS = 90;
/** After this number of failures without a frame between them another player plays. */
const MOST_FAILURES = 3;

/** Plays video only. If the sound is on and the stream has audio, another player plays it. */
export class CodecPlayer extends FramePlayer {
  /** @param {Host} host @param {number} target */
  constructor(host, target) {
    super(host, target);
    /** The times from the PROGRAM-DATE-TIME of frames until they were decoded, s. */
    this.decodeDelays = new TrackDelays(KEPT_DELAYS);
    this.streamHasAudio = false;
    this.decoderFailures = 0;
    /** The number of frames that were shown before the latest failure. */
    this.shownBefore = 0;
  }

  get canvasDisplay() { return /** @type {CanvasDisplay} */ (this.display); }

  newDisplay() { return new CanvasDisplay(this.host.video, this.host.shown); }

  newFeed() {
    const feed = new DecoderFeed(this.canvasDisplay, (reason) => {
      if (this.feed === feed) this.recover(reason);
    }, (time) => {
      if (!this.canvasDisplay.isSeeking) this.addDelay(this.decodeDelays, time);
    });
    return feed;
  }

  start() {
    const problem = webCodecsProblem();
    if (problem !== null) {
      this.host.unsupported(problem);
      return;
    }
    this.canvasDisplay.open();
    super.start();
  }

  stop() {
    super.stop();
    this.canvasDisplay.close();
  }

  /** @param {string} reason */
  recover(reason) {
    const { shown } = this.canvasDisplay;
    this.decoderFailures = shown > this.shownBefore ? 1 : this.decoderFailures + 1;
    this.shownBefore = shown;
    if (this.decoderFailures < MOST_FAILURES) super.recover(reason);
    else this.host.unsupported(reason);
  }

  /** @param {AbortSignal} signal */
  async loadPlaylist(signal) {
    const { audio, ...video } = await super.loadPlaylist(signal);
    this.streamHasAudio = audio !== undefined;
    this.checkSound();
    return video;
  }

  /** @returns {boolean} whether this player can go on */
  checkSound() {
    if (!this.streamHasAudio || this.host.video.muted) return true;
    this.host.unsupported('WebCodecs plays no sound');
    return false;
  }

  update() {
    if (!this.checkSound()) return;
    const display = this.canvasDisplay;
    if (display.wasResumed) {
      display.wasResumed = false;
      this.isPositioned = false;
    }
    super.update();
  }

  position() { return this.canvasDisplay.position(); }

  /** During a stall the clock runs on as it is. */
  isControlled() { return !this.canvasDisplay.isWaiting; }

  hasAudio() { return this.feed.video ? this.streamHasAudio : null; }

  /**
   * Three of four frames are decoded before the refresh of the screen with which they are drawn. A
   * later frame is shown with the next refresh, and does not stop the clock.
   */
  minimumTarget() {
    const { decodeDelays } = this;
    if (decodeDelays.count < KEPT_DELAYS / 2) return 0;
    return decodeDelays.quantile(0.75) + this.canvasDisplay.interval / 1000;
  }
}
