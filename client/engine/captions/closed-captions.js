// SPDX-License-Identifier: Apache-2.0
// The captions in the frames of the video, by the time of the shown frame.

/** @typedef {import('./caption-data.js').CaptionTriplet} CaptionTriplet */
/** @typedef {import('./caption-decoder.js').CaptionDecoder} CaptionDecoder */
/** @typedef {import('../playback/later-code.js').LaterCode<typeof import('./later.js')>} Later */

/**
 * The captions of a frame, and its capture time, Unix ms.
 * @typedef {{ time: number, triplets: CaptionTriplet[] }} CaptionFrame
 */

/** The most frames that are kept: five minutes of 30 frames per second, all with captions. */
const MOST_FRAMES = 9000;
/** A display that goes back by more than this shows an earlier instant again, ms. */
const LARGEST_STEP = 1000;
/** Frames of one time differ by less than this, ms: dates are rounded. */
const ROUNDING = 2;

/**
 * Decodes the frames in the order of their presentation, when they are shown: with B-frames they
 * arrive in another order, but none after a frame that is shown later.
 */
export class ClosedCaptions {
  /** @param {Later} later */
  constructor(later) {
    this.later = later;
    /** Whether the decoder was requested for these frames. */
    this.isRequested = false;
    /** @type {string[]} the channels and services that have had captions, by name */
    this.channels = [];
    /** @type {CaptionFrame[]} by time */
    this.frames = [];
    /** The index of the next frame to decode, and the instant up to which frames are decoded. */
    this.next = 0;
    this.time = -Infinity;
    /** @type {CaptionDecoder | null} null until the first frame, and until its code is there */
    this.decoder = null;
  }

  /** Begins with a decoder, or requests its code. */
  begin() {
    const { code } = this.later;
    if (code) this.decoder = new code.CaptionDecoder((name) => this.learn(name));
    else if (!this.isRequested) {
      this.isRequested = true;
      this.later.preload();
    }
  }

  /** Forgets the frames; the channels stay. */
  clear() {
    this.frames = [];
    this.isRequested = false;
    this.rewind();
  }

  /** The next frame to decode is the first one. */
  rewind() {
    this.next = 0;
    this.time = -Infinity;
    this.decoder = null;
  }

  /** @param {string} name */
  learn(name) {
    if (!this.channels.includes(name)) this.channels = [...this.channels, name].sort();
  }

  /**
   * Takes the captions of a frame. A frame that is known is ignored.
   * @param {number} time capture time, Unix ms @param {CaptionTriplet[]} triplets
   */
  add(time, triplets) {
    const { frames } = this;
    if (triplets.length === 0 || !Number.isFinite(time)) return;
    let index = frames.length;
    while (index > 0 && frames[index - 1].time > time - ROUNDING) {
      index -= 1;
      if (Math.abs(frames[index].time - time) < ROUNDING) return;
    }
    frames.splice(index, 0, { time, triplets });
    if (index < this.next) this.next += 1;
    if (frames.length <= MOST_FRAMES) return;
    frames.shift();
    this.next = Math.max(0, this.next - 1);
  }

  /**
   * Decodes the frames until an instant; an earlier one than before begins again.
   * @param {number} time of the shown frame, Unix ms
   */
  advance(time) {
    if (time < this.time - LARGEST_STEP) this.rewind();
    if (this.decoder === null && this.frames.length > 0) this.begin();
    if (this.decoder === null) return;
    this.time = Math.max(time, this.time);
    for (; this.next < this.frames.length && this.frames[this.next].time <= time; this.next += 1) {
      const frame = this.frames[this.next];
      for (const triplet of frame.triplets) this.decoder.take(triplet, frame.time);
    }
  }

  /**
   * The text of a channel or service at an instant; empty for none.
   * @param {string} name @param {number} time of the shown frame, Unix ms
   */
  textAt(name, time) {
    this.advance(time);
    return this.decoder?.textOf(name, time) ?? '';
  }

  /**
   * The text of a channel or service with its places and styles.
   * @param {string} name @param {number} time of the shown frame, Unix ms
   */
  blocksAt(name, time) { return this.decoder?.blocksOf(name, time) ?? []; }

  /** The time of the next frame with captions; Infinity if there is none. */
  get nextChange() { return this.frames[this.next]?.time ?? Infinity; }
}
