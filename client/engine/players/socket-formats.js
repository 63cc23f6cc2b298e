// SPDX-License-Identifier: Apache-2.0
// The media in the messages of a WebSocket: CMAF chunks, or coded frames without boxes.

import { ChunkSplitter } from '../cmaf/chunks.js';
import { presentationTime } from '../cmaf/samples.js';
import { CATCH_UP, KEY, sampleOf } from '../transport/llws.js';
import { SegmentChunks } from '../transport/segment-chunks.js';
/** @typedef {import('../decode/decoder-feed.js').DecoderFeed} DecoderFeed */
/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('../transport/llws.js').Group} Group */
/** @typedef {import('../transport/llws.js').MediaMessage} MediaMessage */

/**
 * `begin`: a feed opens. `append`: takes the media of a message to its track, and returns their
 * media times, s. `isNew`: whether the delay of a frame at this wall-clock time counts, Unix s.
 * @typedef {object} SocketFormat
 * @property {'fmp4' | 'raw'} name
 * @property {() => void} begin
 * @property {(feed: Feed, group: Group, message: MediaMessage) => number[]} append
 * @property {(date: number) => boolean} isNew
 */

/**
 * CMAF chunks for Media Source Extensions. The next socket may send the chunks since the latest key
 * frame again.
 * @implements {SocketFormat}
 */
export class ChunkFormat {
  /** @type {'fmp4'} */
  name = 'fmp4';

  /** @param {() => void} onReplaced the latest key frame is replaced by one of another server */
  constructor(onReplaced) {
    this.onReplaced = onReplaced;
    /** @type {SegmentChunks | null} the chunks since the latest key frame */
    this.segment = null;
  }

  begin() { this.segment = null; }

  /**
   * @param {Feed} feed @param {Group} group @param {MediaMessage} message
   * @returns {number[]}
   */
  append(feed, { track, timescale }, { media, flags }) {
    return new ChunkSplitter().push(media).map((chunk) => {
      if (track !== 'v') feed.audio?.append(chunk.bytes);
      else this.segmentOf(feed, chunk.time, (flags & KEY) !== 0).take(chunk);
      return presentationTime(chunk.bytes, chunk.time) / timescale;
    });
  }

  /** @param {Feed} feed @param {number} time ticks @param {boolean} isKey */
  segmentOf(feed, time, isKey) {
    const isRepeated = isKey && this.segment?.passed[0]?.time === time;
    if (isRepeated) this.segment?.beginAgain();
    if (!this.segment || isKey && !isRepeated) {
      this.segment = new SegmentChunks(
        (chunk) => feed.video?.append(chunk.bytes), () => this.onReplaced());
    }
    return this.segment;
  }

  isNew() { return true; }
}

/**
 * Coded frames for WebCodecs.
 * @implements {SocketFormat}
 */
export class SampleFormat {
  /** @type {'raw'} */
  name = 'raw';
  /** The wall clock of the newest frame that the server sent later than it was published, s. */
  caughtUpTo = -Infinity;

  begin() { /* each frame is complete */ }

  /**
   * @param {Feed} feed @param {Group} group @param {MediaMessage} message
   * @returns {number[]}
   */
  append(feed, group, message) {
    const sample = sampleOf(message, group), decoders = /** @type {DecoderFeed} */ (feed);
    if (!sample) return [];
    const isVideo = group.track === 'v', track = isVideo ? decoders : decoders.audio;
    if (isVideo && (message.flags & CATCH_UP) !== 0) {
      this.caughtUpTo = sample.time + group.epoch / 1000;
    }
    track?.appendSample(sample);
    return [sample.time];
  }

  /** @param {number} date */
  isNew(date) { return date > this.caughtUpTo; }
}
