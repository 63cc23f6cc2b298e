// SPDX-License-Identifier: Apache-2.0
// Reads the segments of one track while the origin appends to them.

import { sleep } from '../../shared/deadline.js';
import { messageOf } from '../../shared/errors.js';
import { ChunkSplitter } from '../cmaf/chunks.js';
import { SegmentChunks } from './segment-chunks.js';
import { retrieve } from './connection.js';
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */
/** @typedef {import('../cmaf/chunks.js').Chunk} Chunk */

/**
 * The query of a request after a response that was cut: a cache with two origins waits a shorter
 * time for the first byte. Requests have it for this time after a cut, ms; other servers ignore it.
 */
const REPEAT = '?repeat', REPEAT_TIME = 2000;
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

/** A response has ended too early, or there was none. */
class CutError extends Error {}

/** @param {unknown} error of the network @returns {never} */
function cut(error) { throw new CutError(messageOf(error)); }

/**
 * `namesOf` returns the names for segments that are requested from now on. `onPiece` gets the
 * number of bytes that have arrived. `leaves` tells whether the rest of the segment that ends at
 * `end`, in seconds of media time, is to be left out. `onCut`: a response was cut, and is requested
 * again. `onRestart`: the next chunk is the first one of its segment again, of another encoder.
 * `substitute` returns the names of another rendition for a segment without media, as long as there
 * is one: the segments of a rendition that is left out are empty.
 * @typedef {object} Track
 * @property {() => SegmentNames} namesOf
 * @property {number} first the number of the first segment to read
 * @property {number} duration of a segment, s
 * @property {number} timescale ticks per second
 * @property {(bytes: number) => void} [onPiece]
 * @property {(end: number) => boolean} [leaves]
 * @property {() => void} [onCut]
 * @property {() => void} [onRestart]
 * @property {(number: number, names: SegmentNames) => Promise<SegmentNames | null>} [substitute]
 */

/**
 * A request under way; `cancel` ends it if its response is not wanted.
 * @param {SegmentNames} names @param {number} number of the segment @param {AbortSignal} signal
 * @param {string} [query]
 */
export function request(names, number, signal, query = '') {
  const own = new AbortController(), cancel = () => own.abort(signal.reason);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const url = names.urlOf(number), mark = url.includes('?') ? '' : query;
  const response = retrieve(url + mark, { signal: own.signal });
  response.catch(() => {});  // an error is reported when the response is awaited
  const end = () => signal.removeEventListener('abort', cancel);
  return { names, response, cancel, end };
}

/**
 * @param {Response} response @param {number} number of the segment
 * @param {(chunk: Chunk) => void} onChunk
 * @param {(bytes: number) => boolean} onPiece whether to read on; called before `onChunk`
 * @returns {Promise<boolean>} whether the segment was read to its end
 */
async function readSegment(response, number, onChunk, onPiece) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const splitter = new ChunkSplitter();
  for (;;) {
    const { done, value } = await reader.read().catch(cut);
    if (done) break;
    if (!onPiece(value.length)) {
      await reader.cancel();
      return false;
    }
    for (const chunk of splitter.push(value)) onChunk(chunk);
  }
  if (!splitter.isComplete) throw new CutError(`segment ${number} ended within a chunk`);
  return true;
}

/**
 * Reads one segment after another until an error or `signal`. The next segment is requested shortly
 * before the open one ends; the origin holds this request until that segment begins. A segment
 * whose response is cut is requested again at once, if a chunk has arrived since the former cut:
 * behind a cache another origin may have it.
 * @param {Track} track
 * @param {AbortSignal} signal
 * @param {(chunk: Chunk, number: number, isFirst: boolean, names: SegmentNames) => void} onChunk
 *   `number` of its segment; `isFirst`: the first chunk of it; `names` of its rendition
 * @param {ReturnType<typeof request>} [begun] the request for the first segment, if it is under way
 * @returns {Promise<never>}
 */
export async function readTrack(track, signal, onChunk, begun) {
  const { namesOf, first, duration, onPiece, leaves, onCut, onRestart, substitute } = track;
  let open = begun ?? request(namesOf(), first, signal), emptySegments = 0, mayRepeat = true;
  let cutAt = -Infinity;
  const query = () => (performance.now() - cutAt < REPEAT_TIME ? REPEAT : '');
  for (let number = first; ; number += 1) {
    const { names } = open;
    /** @type {{ request: ReturnType<typeof request> | null }} */
    const next = { request: null };
    const requestNext = () => {
      const wanted = namesOf();
      if (next.request && next.request.names !== wanted) {
        next.request.cancel();
        next.request.end();
        next.request = null;
      }
      next.request ??= request(wanted, number + 1, signal, query());
    };
    /** @type {number | null} */
    let start = null;
    const chunks = new SegmentChunks((chunk) => {
      mayRepeat = true;
      onChunk(chunk, number, start === null, names);
      start ??= chunk.time;
      if ((chunk.time - start) / track.timescale > REQUEST_AT * duration) requestNext();
    }, () => onRestart?.());
    const readOpen = async () => {
      const response = await open.response.catch(cut);
      if (!response.ok) throw new SegmentError(number, response.status);
      return readSegment(response, number, (chunk) => chunks.take(chunk), (bytes) => {
        onPiece?.(bytes);
        return start === null || !leaves?.(start / track.timescale + duration);
      });
    };
    const isComplete = await readOpen().catch((error) => {
      if (!(error instanceof CutError) || signal.aborted || !mayRepeat) throw error;
      mayRepeat = false;
      cutAt = performance.now();
      onCut?.();
      open.end();
      open = request(names, number, signal, query());
      chunks.beginAgain();
      return readOpen();
    });
    open.end();
    const other = isComplete && start === null ? await substitute?.(number, names) : null;
    if (other) {
      next.request?.cancel();
      next.request?.end();
      open = request(other, number, signal);
      number -= 1;
      continue;
    }
    if (!isComplete) requestNext();
    emptySegments = start === null ? emptySegments + 1 : 0;
    if (emptySegments > 3) await sleep(100, signal);  // segments without media arrive at once
    open = next.request ?? request(namesOf(), number + 1, signal, query());
  }
}
