// SPDX-License-Identifier: Apache-2.0
// Decoded audio by its media time, and reading it at any rate.

/**
 * Consecutive samples: `time` is the media time of the first one, s; one array per channel.
 * @typedef {object} PCMBlock
 * @property {number} time
 * @property {number} sampleRate Hz
 * @property {Float32Array[]} channels
 */

/** A smaller distance of two blocks is rounding of their times, s. */
const JOIN = 0.002;
/** The interpolation needs these samples after the one that is read. */
const NEEDED_AFTER = 2;
/** The most seconds that are kept. */
const MOST_SECONDS = 10;

/** @param {PCMBlock} block */
const lengthOf = ({ channels }) => channels[0].length;

/** @param {PCMBlock} block */
const endOf = (block) => block.time + lengthOf(block) / block.sampleRate;

/**
 * A jitter buffer of samples. The read position is a sample of the first block, with a fraction,
 * so reading at a changing rate has no steps between blocks.
 */
export class PCMBuffer {
  constructor() {
    /** @type {PCMBlock[]} by time, without overlaps */
    this.blocks = [];
    /** The read position in samples of the first block. */
    this.offset = 0;
  }

  clear() {
    this.blocks = [];
    this.offset = 0;
  }

  /** The end of the newest sample, s; null without one. */
  get end() {
    const last = this.blocks[this.blocks.length - 1];
    return last ? endOf(last) : null;
  }

  /** The media time of the read position, s; null without samples. */
  get time() {
    const [first] = this.blocks;
    return first ? first.time + this.offset / first.sampleRate : null;
  }

  /**
   * Appends a block. Samples before the end of the newest one are left out; a block far before it
   * begins another timeline.
   * @param {PCMBlock} block
   */
  add(block) {
    if (block.channels.length === 0 || lengthOf(block) === 0) return;
    const { end } = this, last = this.blocks[this.blocks.length - 1];
    if (end === null || !last) {
      this.blocks.push(block);
      return;
    }
    const distance = block.time - end;
    if (distance < -MOST_SECONDS) {
      this.clear();
      this.blocks.push(block);
      return;
    }
    if (Math.abs(distance) < JOIN) this.blocks.push({ ...block, time: end });
    else if (distance > 0) this.blocks.push(block);
    else {
      const skipped = Math.round(-distance * block.sampleRate);
      if (skipped >= lengthOf(block)) return;
      const channels = block.channels.map((samples) => samples.subarray(skipped));
      this.blocks.push({ ...block, time: end, channels });
    }
    while (this.blocks.length > 1 && (this.end ?? 0) - this.blocks[0].time > MOST_SECONDS) {
      this.blocks.shift();
      this.offset = 0;
    }
  }

  /**
   * The media time from which samples can be read at `time` or after it; null if there are none.
   * @param {number} time s
   */
  firstFrom(time) {
    const block = this.blocks.find((candidate) => endOf(candidate) > time);
    return block ? Math.max(time, block.time) : null;
  }

  /**
   * Sets the read position to the sample nearest to `time`, and drops earlier blocks.
   * @param {number} time s
   */
  seek(time) {
    while (this.blocks.length > 0 && endOf(this.blocks[0]) <= time) this.blocks.shift();
    const [first] = this.blocks;
    this.offset = first ? Math.max(0, Math.round((time - first.time) * first.sampleRate)) : 0;
  }

  /**
   * The blocks that continue the one at the read position: with the same format, without a gap.
   */
  continuous() {
    const [first] = this.blocks;
    let count = 0;
    for (const block of this.blocks) {
      const before = this.blocks[count - 1];
      if (before && block.time - endOf(before) >= JOIN) break;
      if (block.sampleRate !== first.sampleRate) break;
      if (block.channels.length !== first.channels.length) break;
      count += 1;
    }
    return this.blocks.slice(0, count);
  }

  /** The seconds that can be read without a gap. */
  get ahead() {
    const blocks = this.continuous(), { time } = this;
    return time === null ? 0 : Math.max(0, endOf(blocks[blocks.length - 1]) - time);
  }

  /** The sample rate at the read position, Hz; 0 without samples. */
  get sampleRate() { return this.blocks[0]?.sampleRate ?? 0; }

  /**
   * Reads at most `count` samples, each `step` samples of the source after the one before it, and
   * moves the read position.
   * @param {number} count @param {number} step
   * @returns {Float32Array[]} one array per channel, all of them shorter than `count` at a gap
   */
  read(count, step) {
    const blocks = this.continuous();
    if (blocks.length === 0) return [];
    const total = blocks.reduce((sum, block) => sum + lengthOf(block), 0);
    const isWhole = step === 1 && Number.isInteger(this.offset);
    // The end of a period of samples has none after it.
    const hasMore = this.blocks.length > blocks.length;
    const usable = total - this.offset - (isWhole || hasMore ? 0 : NEEDED_AFTER);
    const length = Math.min(count, Math.max(0, Math.ceil(usable / step)));
    const { offset } = this;
    const channels = blocks[0].channels.map((_, channel) => {
      const source = joined(blocks.map((block) => block.channels[channel]), total);
      return isWhole ? source.slice(offset, offset + length) : resampled(
        source, offset, step, length);
    });
    this.offset += length * step;
    // The interpolation also needs the sample before the read position.
    for (let i = 1; i < blocks.length; i += 1) {
      if (this.offset < lengthOf(this.blocks[0]) + 1) break;
      this.offset -= lengthOf(this.blocks[0]);
      this.blocks.shift();
    }
    return channels;
  }
}

/** @param {Float32Array[]} arrays @param {number} total */
function joined(arrays, total) {
  if (arrays.length === 1) return arrays[0];
  const all = new Float32Array(total);
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
}

/**
 * Samples at a constant distance, by cubic interpolation (Catmull and Rom).
 * @param {Float32Array} source @param {number} offset of the first one
 * @param {number} step @param {number} length
 */
function resampled(source, offset, step, length) {
  const found = new Float32Array(length), last = source.length - 1;
  for (let i = 0; i < length; i += 1) {
    const position = offset + i * step, index = Math.floor(position), x = position - index;
    const a = source[Math.max(0, index - 1)], b = source[Math.min(last, index)];
    const c = source[Math.min(last, index + 1)], d = source[Math.min(last, index + 2)];
    const slope = (c - a) / 2, next = (d - b) / 2;
    found[i] = ((2 * (b - c) + slope + next) * x + 3 * (c - b) - 2 * slope - next) * x * x
      + slope * x + b;
  }
  return found;
}
