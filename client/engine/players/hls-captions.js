// SPDX-License-Identifier: Apache-2.0
// The captions and the events in the segments and parts that hls.js loads.

import { ChunkCaptions } from '../captions/chunk-captions.js';
import { boxSize, fourCC } from '../cmaf/boxes.js';
import { decodeTime } from '../cmaf/chunks.js';
import { timescaleOf } from '../cmaf/header.js';
import { eventOfMessage } from '../transport/stream-events.js';
/** @typedef {import('../captions/caption-data.js').CaptionTriplet} CaptionTriplet */
/** @typedef {import('../transport/stream-events.js').StreamEvent} StreamEvent */
/** @typedef {import('./read-ahead.js').Context} Context */

/**
 * A loader of hls.js that shows each response before hls.js has it: hls.js gives the bytes to its
 * worker.
 * @param {any} Loader the loader of hls.js
 * @param {(context: Context, data: unknown) => void} onLoaded
 */
export function observed(Loader, onLoaded) {
  return class extends Loader {
    /** @param {Context} context @param {any} policy @param {any} callbacks */
    load(context, policy, callbacks) {
      super.load(context, policy, {
        ...callbacks,
        onSuccess: (/** @type {any} */ response, /** @type {any[]} */ ...others) => {
          onLoaded(context, response?.data);
          callbacks.onSuccess(response, ...others);
        },
      });
    }
  };
}

/**
 * Takes the captions of the video by itself. hls.js 1.6.15 begins its decoder again with each part,
 * and makes a cue when the caption is replaced, which is too late at a low latency.
 *
 * Takes the events, too: the date range of a splice lacks the JSON of its message.
 */
export class HlsCaptions {
  /**
   * @param {(time: number, triplets: CaptionTriplet[]) => void} onCaptions `time`: Unix ms
   * @param {(event: StreamEvent | null) => void} onEvent
   */
  constructor(onCaptions, onEvent) {
    this.onEvent = onEvent;
    /** Unix ms − media time. */
    this.offset = 0;
    this.chunks = new ChunkCaptions(
      (time, triplets) => onCaptions(1000 * time + this.offset, triplets));
    /** @type {Uint8Array | null} the header of `chunks` */
    this.header = null;
  }

  /** @param {Context} context @param {unknown} data the response */
  take({ frag, part }, data) {
    const header = frag?.initSegment?.data, date = frag?.programDateTime;
    if (frag?.type !== 'main' || !(data instanceof ArrayBuffer)) return;
    if (!(header instanceof Uint8Array) || !Number.isFinite(date)) return;
    if (header !== this.header) this.chunks.setHeader(header);
    this.header = header;
    const bytes = new Uint8Array(data), start = firstDecodeTime(bytes, header);
    if (start === null) return;
    this.offset = date + 1000 * ((part?.fragOffset ?? 0) - start);
    this.takeEvents(bytes);
    this.chunks.take(bytes);
  }

  /** @param {Uint8Array} bytes of a segment or part */
  takeEvents(bytes) {
    try {
      for (let offset = 0; offset < bytes.length;) {
        const size = boxSize(bytes, offset), box = bytes.subarray(offset, offset + size);
        if (size === 0) return;
        if (fourCC(box, 4) === 'emsg') this.onEvent(eventOfMessage(box, this.offset / 1000));
        offset += size;
      }
    } catch { /* hls.js reports errors of the media */ }
  }
}

/**
 * The base media decode time of the first chunk, s; null if it has none.
 * @param {Uint8Array} bytes of a segment or part @param {Uint8Array} header
 */
function firstDecodeTime(bytes, header) {
  try {
    const timescale = timescaleOf(header);
    for (let offset = 0; timescale && offset < bytes.length;) {
      const size = boxSize(bytes, offset);
      if (size === 0) return null;
      const isChunk = fourCC(bytes, offset + 4) === 'moof';
      if (isChunk) return decodeTime(bytes.subarray(offset)) / timescale;
      offset += size;
    }
  } catch { /* hls.js reports errors of the media */ }
  return null;
}
