// SPDX-License-Identifier: Apache-2.0
// When which samples are played: decisions without an audio device.

/** @typedef {import('./pcm-buffer.js').PCMBuffer} PCMBuffer */

/** Samples are handed to the output at most this time before they are played, s. */
const HORIZON = 0.2;
/** The first sample is played this time after the decision, s. */
const LEAD = 0.01;
/** Samples that would be handed over later than this before their time are too late, s. */
const LEAST_LEAD = 0.003;
/** Playback starts if the samples of this time are there, s. */
const START_LENGTH = 0.02;
/**
 * Before the first start, and after two gaps in the first time, s, samples must have been there in
 * time for the second one, s, which is longer than a chunk of audio; in time by the third one, s.
 */
const GAP_MEMORY = 2, SETTLING_TIME = 0.13, SETTLED_LEAD = 0.008;
/** The most samples in one block for the output. */
const BLOCK_LENGTH = 1024;
/** Blocks that were played this time ago are forgotten, s. */
const HISTORY = 1;

/**
 * Samples for the output, at `at` in seconds of its clock. `isFirst`: silence precedes them.
 * @typedef {{ at: number, end: number, isFirst: boolean, channels: Float32Array[] }} PlannedBlock
 */

/**
 * The display beside the audio: `positionAt` is its media time at a time of the output's clock, s.
 * @typedef {object} DisplayClock
 * @property {(contextTime: number) => number} positionAt
 * @property {number} rate
 */

/**
 * Plays a PCMBuffer on the clock of an output without gaps between blocks. It joins the display at
 * the media time that is shown; from then on the samples decide, and the display follows
 * `positionAt`. A gap is silence, after which it joins again. All times in seconds of the output's
 * clock.
 */
export class AudioSchedule {
  /** @param {PCMBuffer} buffer */
  constructor(buffer) {
    this.buffer = buffer;
    /** @type {{ at: number, end: number, time: number, rate: number }[]} planned media times */
    this.pieces = [];
    /** The time of the next sample, in samples of the output; null while none is planned. */
    this.cursor = /** @type {number | null} */ (null);
    this.mustSettle = true;
    /** Since when samples have been there for a start. */
    this.readySince = /** @type {number | null} */ (null);
    this.gapAt = -Infinity;
    /** The number of gaps that were not asked for. */
    this.gaps = 0;
  }

  /** Whether samples are planned that follow one another. */
  get isPlaying() { return this.cursor !== null; }

  /** Forgets the planned frames: they are not played. */
  stop() {
    this.pieces = [];
    this.cursor = null;
    this.readySince = null;
    this.mustSettle = true;
  }

  /**
   * The media time of the sample that is heard at `time`; null if there is silence.
   * @param {number} time
   */
  positionAt(time) {
    const piece = this.pieces.find(({ at, end }) => time >= at && time < end);
    return piece ? piece.time + (time - piece.at) * piece.rate : null;
  }

  /**
   * The frames to hand over now.
   * @param {number} now @param {number} sampleRate of the output, Hz
   * @param {DisplayClock} display
   * @returns {PlannedBlock[]}
   */
  plan(now, sampleRate, display) {
    this.pieces = this.pieces.filter(({ end }) => end > now - HISTORY);
    if (this.cursor !== null && this.cursor / sampleRate < now + LEAST_LEAD) this.miss(now);
    let isFirst = false;
    if (this.cursor === null) {
      this.join(now, sampleRate, display);
      isFirst = true;
    }
    /** @type {PlannedBlock[]} */
    const blocks = [];
    while (this.cursor !== null && this.cursor / sampleRate < now + HORIZON) {
      const { buffer } = this, time = buffer.time ?? 0;
      const step = display.rate * buffer.sampleRate / sampleRate;
      const channels = buffer.read(BLOCK_LENGTH, step), length = channels[0]?.length ?? 0;
      if (length === 0) break;
      const at = this.cursor / sampleRate;
      this.cursor += length;
      const end = this.cursor / sampleRate;
      this.pieces.push({ at, end, time, rate: display.rate });
      blocks.push({ at, end, isFirst, channels });
      isFirst = false;
    }
    return blocks;
  }

  /**
   * The samples that follow did not arrive in time.
   * @param {number} now
   */
  miss(now) {
    this.cursor = null;
    this.readySince = null;
    this.mustSettle = now - this.gapAt < GAP_MEMORY;
    this.gapAt = now;
    this.gaps += 1;
  }

  /**
   * Starts at the media time of the display, once enough samples from there on are in the buffer.
   * @param {number} now @param {number} sampleRate @param {DisplayClock} display
   */
  join(now, sampleRate, display) {
    const { buffer } = this, start = now + LEAD, position = display.positionAt(start);
    const time = buffer.firstFrom(position);
    const end = buffer.end ?? -Infinity;
    if (end < display.positionAt(now + SETTLED_LEAD)) this.readySince = null;
    else this.readySince ??= now;
    const wait = time === null ? Infinity : (time - position) / display.rate;
    if (wait > HORIZON || end - position < START_LENGTH) return;
    const isSettled = this.readySince !== null && now - this.readySince >= SETTLING_TIME;
    if (this.mustSettle && !isSettled) return;
    this.cursor = Math.ceil((start + wait) * sampleRate);
    buffer.seek(display.positionAt(this.cursor / sampleRate));
    this.mustSettle = false;
  }
}
