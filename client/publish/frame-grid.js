// SPDX-License-Identifier: Apache-2.0
// The frame grid of a publisher: frames of a camera, with its jitter and gaps, at a constant rate.

/** The frame rates that a source is assumed to have. */
const RATES = [5, 10, 12, 15, 20, 24, 25, 30, 50, 60];
/** The longest gap that is filled by repeats of the last frame, ms. */
const LONGEST_FILL = 400;

/** Finds the frame rate of a source from the times of its frames. */
export class RateMeter {
  constructor() {
    /** @type {number[]} ms, the newest last */
    this.times = [];
  }

  /** @param {number} time ms */
  add(time) {
    const last = this.times.at(-1);
    if (last !== undefined && (time <= last || time - last > 1000)) this.times = [];
    this.times.push(time);
    if (this.times.length > 60) this.times.shift();
  }

  /** Whether enough frames have arrived. */
  get isKnown() { return this.times.length >= 12; }

  /** The nearest usual rate, frames/s; 30 while it is unknown. */
  get rate() {
    const { length } = this.times;
    if (length < 3) return 30;
    const found = 1000 * (length - 1) / (this.times[length - 1] - this.times[0]);
    return RATES.reduce((best, rate) => (
      Math.abs(Math.log(rate / found)) < Math.abs(Math.log(best / found)) ? rate : best));
  }
}

/**
 * The places of a frame: `repeats` are empty ones before it, which the last frame fills.
 * @typedef {{ slot: number, repeats: number[] }} Place
 */

/** Gives each frame a place on the grid, and each segment a key frame. */
export class FrameGrid {
  /** @param {number} rate frames/s @param {number} segment the distance of key frames, ms */
  constructor(rate, segment) {
    this.rate = rate;
    this.framesPerKey = Math.max(1, Math.round(segment * rate / 1000));
    this.last = -Infinity;
    this.nextKey = -Infinity;
    /** Whether the server begins a segment with the next key frame, wherever it is. */
    this.isBroken = true;
  }

  /** The next key frame begins a segment, as that of another size does. */
  breakOff() { this.isBroken = true; }

  /**
   * The place of a frame; null if its place is taken.
   * @param {number} captured Unix ms @returns {Place | null}
   */
  place(captured) {
    const slot = Math.round(captured * this.rate / 1000);
    if (slot <= this.last) return null;
    const gap = slot - this.last - 1;
    if (gap * 1000 / this.rate > LONGEST_FILL) return { slot, repeats: [] };
    return { slot, repeats: Array.from({ length: gap }, (_, index) => slot - gap + index) };
  }

  /**
   * Whether the frame at a place must be a key frame.
   * @param {number} slot
   */
  isKey(slot) { return slot >= this.nextKey; }

  /**
   * Notes that a frame at a place is encoded.
   * @param {number} slot @param {boolean} isKey
   */
  take(slot, isKey) {
    if ((slot - this.last) * 1000 / this.rate > LONGEST_FILL + 100) this.isBroken = true;
    this.last = slot;
    if (!isKey) return;
    // After a long gap the server begins a segment with the key frame; else segments keep their
    // places, and a key frame that was requested is beside them.
    if (this.isBroken) this.nextKey = slot + this.framesPerKey;
    this.isBroken = false;
    while (this.nextKey <= slot) this.nextKey += this.framesPerKey;
  }

  /**
   * Notes that the frame at a place is left out, unless it must be a key frame.
   * @param {number} slot
   */
  leaveOut(slot) { this.last = slot; }

  /** @param {number} slot @returns {number} Unix µs */
  presentation(slot) { return Math.round(slot * 1e6 / this.rate); }
}
