// SPDX-License-Identifier: Apache-2.0
// Reads the segments of one track while the origin appends to them.

import { sleep } from '../../shared/deadline.js';
import { ChunkSplitter } from '../chunks.js';
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */
/** @typedef {import('../chunks.js').Chunk} Chunk */

/** The share of a segment after which the next segment is requested. */
const REQUEST_AT = 0.8;

/** The origin refused a segment. */
export class SegmentError extends Error {
  /** @param {number} number @param {number} status */
  constructor(number, status) {
    super(`status ${status} for segment ${number}`);
    this.status = status;
  }
}

/**
 * @typedef {object} Track
 * @property {SegmentNames} names
 * @property {number} first the number of the first segment to read
 * @property {number} duration of a segment, s
 * @property {number} timescale ticks per second
 */

/** @param {string} url @param {AbortSignal} signal */
function request(url, signal) {
  const response = fetch(url, { signal });
  response.catch(() => {});  // an error is reported when the response is awaited
  return response;
}

/**
 * @param {Response} response @param {number} number of the segment
 * @param {(chunk: Chunk) => void} onChunk
 */
async function readSegment(response, number, onChunk) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const splitter = new ChunkSplitter();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const chunk of splitter.push(value)) onChunk(chunk);
  }
  if (!splitter.isComplete) throw new Error(`segment ${number} ended within a chunk`);
}

/**
 * Reads one segment after another until an error or `signal`. The next segment is requested shortly
 * before the open one ends; the origin holds this request until that segment begins.
 * @param {Track} track
 * @param {AbortSignal} signal
 * @param {(chunk: Chunk, number: number, isFirst: boolean) => void} onChunk
 *   `number` of its segment; `isFirst`: the first chunk of it
 * @returns {Promise<never>}
 */
export async function readTrack({ names, first, duration, timescale }, signal, onChunk) {
  let open = request(names.urlOf(first), signal), emptySegments = 0;
  for (let number = first; ; number += 1) {
    const response = await open;
    if (!response.ok) throw new SegmentError(number, response.status);
    const nextURL = names.urlOf(number + 1);
    /** @type {Promise<Response> | null} */
    let next = null;
    /** @type {number | null} */
    let start = null;
    await readSegment(response, number, (chunk) => {
      onChunk(chunk, number, start === null);
      start ??= chunk.time;
      const elapsed = (chunk.time - start) / timescale;
      if (elapsed > REQUEST_AT * duration) next ??= request(nextURL, signal);
    });
    emptySegments = start === null ? emptySegments + 1 : 0;
    if (emptySegments > 3) await sleep(100);  // segments without media arrive at once
    open = next ?? request(nextURL, signal);
  }
}
