// SPDX-License-Identifier: Apache-2.0
// CMAF chunks in the bytes of a segment.

import { boxSize, concatenated, content, fourCC, uint32 } from './boxes.js';

/**
 * A CMAF chunk: `bytes` are moof and mdat, `time` is its base media decode time in ticks,
 * `messages` are the boxes `emsg` in front of moof.
 * @typedef {{ bytes: Uint8Array, time: number, messages: Uint8Array[] }} Chunk
 */

/** Splits a byte stream of [styp] [prft] moof mdat into chunks; other boxes are dropped. */
export class ChunkSplitter {
  constructor() {
    this.rest = new Uint8Array(0);
    /** @type {Uint8Array | null} */
    this.moof = null;
    /** @type {Uint8Array[]} */
    this.messages = [];
  }

  /** @param {Uint8Array} piece @returns {Chunk[]} the chunks that `piece` completes */
  push(piece) {
    const bytes = this.rest.length === 0 ? piece : concatenated(this.rest, piece);
    /** @type {Chunk[]} */
    const chunks = [];
    let offset = 0;
    for (;;) {
      const size = boxSize(bytes, offset), end = offset + size;
      if (size === 0 || end > bytes.length) break;
      const type = fourCC(bytes, offset + 4);
      if (type === 'moof') this.moof = bytes.slice(offset, end);
      else if (type === 'emsg') this.messages.push(bytes.slice(offset, end));
      else if (type === 'mdat' && this.moof) {
        const chunk = concatenated(this.moof, bytes.subarray(offset, end));
        chunks.push({ bytes: chunk, time: decodeTime(this.moof), messages: this.messages });
        this.moof = null;
        this.messages = [];
      }
      offset = end;
    }
    this.rest = bytes.slice(offset);
    return chunks;
  }

  /** Whether the last byte completed a box, and no moof without its mdat is left. */
  get isComplete() { return this.rest.length === 0 && this.moof === null; }
}

/**
 * baseMediaDecodeTime (ISO/IEC 14496-12 §8.8.12), in ticks.
 * @param {Uint8Array} moof and what follows it
 */
export function decodeTime(moof) {
  const tfdt = content(moof, 'moof', 'traf', 'tfdt');
  if (!tfdt) throw new Error('moof without tfdt');
  return tfdt[0] === 1 ? uint32(tfdt, 4) * 2 ** 32 + uint32(tfdt, 8) : uint32(tfdt, 4);
}
