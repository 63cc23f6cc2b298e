// SPDX-License-Identifier: Apache-2.0
// The frame player with WebCodecs: its own jitter buffers, a canvas, and an AudioContext.

import { CanvasDisplay } from '../canvas-display.js';
import { DecoderFeed, webCodecsProblem } from '../decoder-feed.js';
import { SoundPlayer } from '../sound-player.js';
import { TrackDelays } from './arrivals.js';
import { FramePlayer } from './frames.js';
import { TARGETS } from './player.js';
/** @typedef {import('./player.js').Host} Host */

/**
 * The target with sound, s: a chunk of audio lasts 0.107 s, and some time is for its arrival, for
 * decoding and for the output.
 */
const SOUND_TARGET = 0.15;
/** The time for decoding audio, s. */
const AUDIO_DECODING = 0.01;
/** The share of the chunks of audio that arrive in time, and the number from which it counts. */
const AUDIO_SHARE = 0.95, LEAST_AUDIO_DELAYS = 10;
/** The frames whose delays determine the lowest target. */
const KEPT_DELAYS = 90;
/** After this number of failures without a frame between them another player plays. */
const MOST_FAILURES = 3;

/** Plays on a canvas, with sound while it is switched on. Without sound the latency is lower. */
export class CodecPlayer extends FramePlayer {
  /** @param {Host} host @param {number} target */
  constructor(host, target) {
    super(host, target);
    /** The times from the PROGRAM-DATE-TIME of frames until they were decoded, s. */
    this.decodeDelays = new TrackDelays(KEPT_DELAYS);
    this.decoderFailures = 0;
    /** The number of frames that were shown before the latest failure. */
    this.shownBefore = 0;
    /** @type {string | null} why there is no sound although the viewer wants it */
    this.soundProblem = null;
  }

  get canvasDisplay() { return /** @type {CanvasDisplay} */ (this.display); }

  get sound() { return /** @type {SoundPlayer} */ (this.canvasDisplay.sound); }

  newDisplay() {
    const { video, shown } = this.host, display = new CanvasDisplay(video, shown);
    display.sound = new SoundPlayer(video, display);
    return display;
  }

  newFeed() {
    const feed = new DecoderFeed(this.canvasDisplay, this.sound, (reason) => {
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
    this.sound.open();
    super.start();
  }

  stop() {
    super.stop();
    this.sound.close();
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

  /** Audio has a target of its own only while there is sound. */
  requireAudioTarget() { this.followSound(); }

  followSound() {
    const { host, sound } = this, { isOn, problem } = sound;
    host.setTargets(isOn ? SOUND_TARGET : TARGETS.webcodecs, isOn ? SOUND_TARGET : 0);
    if (problem !== this.soundProblem) host.notice(problem);
    this.soundProblem = problem;
  }

  update() {
    const display = this.canvasDisplay;
    if (display.wasResumed) {
      display.wasResumed = false;
      this.isPositioned = false;
    }
    this.sound.update();
    this.followSound();
    super.update();
  }

  position() { return this.canvasDisplay.position(); }

  /** During a stall the clock runs on as it is. */
  isControlled() { return !this.canvasDisplay.isWaiting; }

  /**
   * Three of four frames are decoded before the refresh of the screen with which they are drawn. A
   * later frame is shown with the next refresh, and does not stop the clock. A late chunk of audio
   * is a gap, so more of them have to be in time.
   */
  minimumTarget() {
    const { decodeDelays, delays: { audio }, sound } = this;
    const video = decodeDelays.count < KEPT_DELAYS / 2 ? 0
      : decodeDelays.quantile(0.75) + this.canvasDisplay.interval / 1000;
    if (!sound.isOn || audio.count < LEAST_AUDIO_DELAYS) return video;
    const late = audio.quantile(AUDIO_SHARE) + AUDIO_DECODING;
    return Math.max(video, late + sound.lead + sound.gapMargin);
  }
}
