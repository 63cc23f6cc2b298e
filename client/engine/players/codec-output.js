// SPDX-License-Identifier: Apache-2.0
// WebCodecs as an output: a canvas, decoders, audio, and their limits.

import { AudioOutput } from '../audio/audio-output.js';
import { TrackDelays } from '../clock/arrivals.js';
import { CanvasDisplay } from '../decode/canvas-display.js';
import { DecoderFeed, webCodecsProblem } from '../decode/decoder-feed.js';
import { KINDS } from './kinds.js';
/** @typedef {import('./output.js').FeedEvents} FeedEvents */
/** @typedef {import('./output.js').Output} Output */
/** @typedef {import('./player.js').Host} Host */

/**
 * The target with audio, s: a chunk of audio lasts up to 0.043 s, and some time is for its arrival,
 * for decoding and for the output.
 */
const AUDIO_TARGET = 0.15;
/** The time for decoding audio, s. */
const AUDIO_DECODING = 0.01;
/** The share of the chunks of audio that arrive in time, and the number from which it counts. */
const AUDIO_SHARE = 0.95, LEAST_AUDIO_DELAYS = 10;
/** The frames whose delays determine the lowest target. */
const KEPT_DELAYS = 90;
/** After this number of failures without a frame between them another player plays. */
const MOST_FAILURES = 3;

/**
 * Shows frames on a canvas, with audio while it is switched on. Without audio the latency is lower.
 * @implements {Output}
 */
export class CodecOutput {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.display = new CanvasDisplay(host.video, host.shown);
    this.audio = new AudioOutput(host.video, this.display);
    this.display.clock.audio = this.audio;
    /** The times from the PROGRAM-DATE-TIME of frames until they were decoded, s. */
    this.decodeDelays = new TrackDelays(KEPT_DELAYS);
    this.failures = 0;
    /** The number of frames that were shown before the latest failure. */
    this.shownBefore = 0;
    /** @type {string | null} why audio is off although the viewer wants it */
    this.audioProblem = null;
  }

  /** During a stall the clock runs on as it is. */
  get isControlled() { return !this.display.isWaiting; }

  /** The clock runs on, and frames that were shown are decoded only. */
  get seeksToReplaced() { return false; }

  /** @param {FeedEvents} events */
  newFeed({ onDecoded, onFailure }) {
    return new DecoderFeed(this.display, this.audio, onFailure, (time) => {
      if (!this.display.isSeeking) onDecoded(this.decodeDelays, time);
    });
  }

  /** Puts the canvas in place; false if this browser cannot play by WebCodecs. */
  open() {
    const problem = webCodecsProblem();
    if (problem !== null) {
      this.host.unsupported(problem);
      return false;
    }
    this.display.open();
    this.audio.open();
    return true;
  }

  close() {
    this.audio.close();
    this.display.close();
  }

  /**
   * Counts a failure; false if another player has to play.
   * @param {string} reason
   */
  retries(reason) {
    const { shown } = this.display;
    this.failures = shown > this.shownBefore ? 1 : this.failures + 1;
    this.shownBefore = shown;
    if (this.failures < MOST_FAILURES) return true;
    this.host.unsupported(reason);
    return false;
  }

  position() { return this.display.position(); }

  /** Audio has a target of its own only while it is switched on. */
  requireAudioTarget() {
    const { audio, host } = this, { isOn, problem } = audio;
    host.setTargets(isOn ? AUDIO_TARGET : KINDS.webcodecs.target, isOn ? AUDIO_TARGET : 0);
    if (problem !== this.audioProblem) host.notice(problem);
    this.audioProblem = problem;
  }

  /** Whether a position has to be chosen, because playback continues after a pause. */
  update() {
    const { display } = this, { wasResumed } = display;
    display.wasResumed = false;
    this.audio.update();
    this.requireAudioTarget();
    return wasResumed;
  }

  /**
   * Three of four frames are decoded before the refresh of the screen with which they are drawn. A
   * later frame is shown with the next refresh, and does not stop the clock. A late chunk of audio
   * is a gap, so more of them have to be in time.
   * @param {import('../clock/arrivals.js').ArrivalDelays} delays
   */
  minimumTarget({ audio }) {
    const { decodeDelays, display, audio: output } = this;
    const video = decodeDelays.count < KEPT_DELAYS / 2 ? 0
      : decodeDelays.quantile(0.75) + display.interval / 1000;
    if (!output.isOn || audio.count < LEAST_AUDIO_DELAYS) return video;
    const late = audio.quantile(AUDIO_SHARE) + AUDIO_DECODING;
    return Math.max(video, late + output.lead + output.gapMargin);
  }
}
