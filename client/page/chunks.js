// SPDX-License-Identifier: Apache-2.0
import { boxSize, content, fourCC, joined, uint32 } from './boxes.js';

/**
 * Cuts a byte stream into CMAF chunks. A chunk as the origin sends it is [styp] [prft] moof mdat;
 * only moof and mdat are given on. `time` is the decode time (tfdt) in ticks.
 * @typedef {{ bytes: Uint8Array, time: number }} Chunk
 */
export class ChunkCutter {
  constructor() {
    this.rest = new Uint8Array(0);
    /** @type {Uint8Array | null} */
    this.moof = null;
  }

  /** @param {Uint8Array} piece @returns {Chunk[]} the chunks that `piece` completes */
  push(piece) {
    const bytes = this.rest.length === 0 ? piece : joined(this.rest, piece);
    /** @type {Chunk[]} */
    const chunks = [];
    let at = 0;
    for (;;) {
      const size = boxSize(bytes, at);
      if (size === 0 || at + size > bytes.length) break;
      const type = fourCC(bytes, at + 4);
      if (type === 'moof') this.moof = bytes.slice(at, at + size);
      else if (type === 'mdat' && this.moof) {
        chunks.push({ bytes: joined(this.moof, bytes.subarray(at, at + size)), time: decodeTime(this.moof) });
        this.moof = null;
      }
      at += size;
    }
    this.rest = bytes.slice(at);
    return chunks;
  }

  /** Whether the stream so far ended with a whole chunk. */
  get whole() { return this.rest.length === 0 && this.moof === null; }
}

/**
 * baseMediaDecodeTime (ISO/IEC 14496-12 §8.8.12).
 * @param {Uint8Array} moof
 */
export function decodeTime(moof) {
  const tfdt = content(moof, 'moof', 'traf', 'tfdt');
  if (!tfdt) throw new Error('moof without tfdt');
  return tfdt[0] === 1 ? uint32(tfdt, 4) * 2 ** 32 + uint32(tfdt, 8) : uint32(tfdt, 4);
}
