// SPDX-License-Identifier: Apache-2.0
// The chunks of a segment that may be requested again, after its response was cut.

import { uint32 } from '../cmaf/boxes.js';
/** @typedef {import('../cmaf/chunks.js').Chunk} Chunk */

/**
 * Whether two chunks have the same time and the same media; their moof may differ.
 * @param {Chunk} a @param {Chunk} b
 */
function isSame(a, b) {
  if (a.time !== b.time || a.bytes.length !== b.bytes.length) return false;
  for (let i = uint32(a.bytes, 0); i < a.bytes.length; i += 1) {
    if (a.bytes[i] !== b.bytes[i]) return false;
  }
  return true;
}

/**
 * Passes on the chunks of a segment, each of them once. Another origin has the same name for the
 * same time, but its encoder may have made other frames. They refer to each other, so that those of
 * two encoders cannot be joined: then all chunks of the new response are passed on.
 */
export class SegmentChunks {
  /**
   * @param {(chunk: Chunk) => void} onChunk
   * @param {() => void} onRestart the next chunk is the first one again, of another encoder
   */
  constructor(onChunk, onRestart) {
    this.onChunk = onChunk;
    this.onRestart = onRestart;
    /** @type {Chunk[]} the chunks that were passed on */
    this.passed = [];
    /** The number of chunks of the present response. */
    this.count = 0;
  }

  /** Another response begins. */
  beginAgain() { this.count = 0; }

  /** @param {Chunk} chunk of the present response */
  take(chunk) {
    const { count, passed } = this;
    this.count += 1;
    if (count < passed.length) {
      if (isSame(chunk, passed[count])) return;
      this.passed = passed.slice(0, count);
      this.onRestart();
      this.passed.forEach(this.onChunk);
    }
    this.passed.push(chunk);
    this.onChunk(chunk);
  }
}
