// SPDX-License-Identifier: Apache-2.0
// The captions in CMAF chunks of the video.

import { boxSize, fourCC } from '../cmaf/boxes.js';
import { decodeTime } from '../cmaf/chunks.js';
import { nalUnitFormat, timescaleOf } from '../cmaf/header.js';
import { accessUnitsOf, sampleDefaults } from '../cmaf/samples.js';
import { captionTriplets } from './caption-data.js';
/** @typedef {import('./caption-data.js').CaptionTriplet} CaptionTriplet */
/** @typedef {(time: number, triplets: CaptionTriplet[]) => void} OnTriplets `time`: media, s */

/** Finds the captions of a track whose CMAF header and chunks are given in their order. */
export class ChunkCaptions {
  /** @param {OnTriplets} onTriplets a frame has captions */
  constructor(onTriplets) {
    this.onTriplets = onTriplets;
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
            const triplets = captionTriplets(data, units);
            if (triplets.length > 0) this.onTriplets(time / timescale, triplets);
          }
        }
        offset += size;
      }
    } catch { /* see above */ }
  }
}
