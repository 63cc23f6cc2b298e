// SPDX-License-Identifier: Apache-2.0
// The captions in the segments and chunks that dash.js loads.

import { ChunkCaptions } from '../captions/chunk-captions.js';

/** The most headers that are kept: each Period has those of its Representations. */
const MOST_HEADERS = 32;

/** @typedef {{ request?: any, response?: unknown }} Loaded an event of dash.js with bytes */

/**
 * Takes the captions of the video by itself. In low-latency mode dash.js 5.1.1 throws at the end of
 * each segment, whose chunks it has had, and it makes a cue when the caption is replaced.
 */
export class DashCaptions {
  /** @param {import('../captions/chunk-captions.js').OnTriplets} onCaptions `time`: Unix ms */
  constructor(onCaptions) {
    /**
     * MPD@availabilityStartTime, Unix ms: the capture time of the media time 0 of the video
     * element. Null until media have arrived.
     * @type {number | null}
     */
    this.start = null;
    /** Unix ms − media time of the chunks. */
    this.offset = 0;
    this.chunks = new ChunkCaptions(
      (time, triplets) => onCaptions(1000 * time + this.offset, triplets));
    /** @type {Map<string, Uint8Array>} by Period and Representation */
    this.headers = new Map();
    /** @type {Uint8Array | null} the header of `chunks` */
    this.header = null;
  }

  /**
   * Takes bytes of a header or segment: at a low latency whole chunks while the segment grows, and
   * the rest at its end.
   * @param {Loaded} loaded
   */
  take({ request, response }) {
    const { representation } = request ?? {}, period = representation?.adaptation?.period;
    if (request?.mediaType !== 'video' || !(response instanceof ArrayBuffer)) return;
    if (!period || response.byteLength === 0) return;
    const key = `${period.id} ${representation.id}`, bytes = new Uint8Array(response);
    if (request.type === 'InitializationSegment') this.keep(key, bytes.slice());
    else this.takeMedia(bytes, this.headers.get(key), representation.mseTimeOffset, period.mpd);
  }

  /** @param {string} key @param {Uint8Array} header */
  keep(key, header) {
    this.headers.delete(key);
    this.headers.set(key, header);
    if (this.headers.size <= MOST_HEADERS) return;
    const [oldest] = this.headers.keys();
    this.headers.delete(oldest);
  }

  /**
   * @param {Uint8Array} bytes whole chunks
   * @param {Uint8Array | undefined} header
   * @param {number} shift media time of the video element − media time of the chunks, s
   * @param {{ availabilityStartTime?: Date }} mpd
   */
  takeMedia(bytes, header, shift, { availabilityStartTime }) {
    const start = availabilityStartTime?.getTime();
    if (!header || start === undefined || !Number.isFinite(shift)) return;
    this.start = start;
    if (header !== this.header) this.chunks.setHeader(header);
    this.header = header;
    this.offset = start + 1000 * shift;
    this.chunks.take(bytes);
  }
}

/**
 * An MPD without the statements of closed captions, so that dash.js does not look for them.
 * @param {string} mpd
 */
export function withoutClosedCaptions(mpd) {
  return mpd.replace(/<Accessibility [^>]*"urn:scte:dash:cc:cea-[^>]*\/>/g, '');
}
