// SPDX-License-Identifier: Apache-2.0
// The captions in CMAF chunks of the video.

import { boxSize, fourCC } from '../cmaf/boxes.js';
import { decodeTime } from '../cmaf/chunks.js';
import { nalUnitFormat, timescaleOf } from '../cmaf/header.js';
import { accessUnitsOf, sampleDefaults } from '../cmaf/samples.js';
import { captionPairs } from './caption-data.js';
/** @typedef {import('./caption-data.js').CaptionPair} CaptionPair */
/** @typedef {(time: number, pairs: CaptionPair[]) => void} OnPairs `time`: media time, s */

/** Finds the captions of a track whose CMAF header and chunks are given in their order. */
export class ChunkCaptions {
  /** @param {OnPairs} onPairs a frame has captions */
  constructor(onPairs) {
    this.onPairs = onPairs;
    /** @type {import('../cmaf/header.js').UnitFormat | null} null without captions */
    this.units = null;
    this.timescale = 1;
    this.defaults = { duration: 0, size: 0, flags: 0 };
  }

  /** @param {Uint8Array} header of the chunks from now on */
  setHeader(header) {
    try {
      this.units = nalUnitFormat(header);
      this.timescale = timescaleOf(header) ?? 1;
      this.defaults = sampleDefaults(header);
    } catch { /* the decoder reports its errors */ }
  }

  /**
   * Media that cannot be read have no captions; the decoder reports their errors.
   * @param {Uint8Array} bytes whole chunks
   */
  take(bytes) {
    const { units, timescale, defaults } = this;
    if (!units) return;
    try {
      for (let offset = 0; offset < bytes.length;) {
        const size = boxSize(bytes, offset);
        if (size === 0) return;
        if (fourCC(bytes, offset + 4) === 'moof') {
          const chunk = bytes.subarray(offset);
          for (const { time, data } of accessUnitsOf(chunk, decodeTime(chunk), defaults)) {
            const pairs = captionPairs(data, units);
            if (pairs.length > 0) this.onPairs(time / timescale, pairs);
          }
        }
        offset += size;
      }
    } catch { /* see above */ }
  }
}
