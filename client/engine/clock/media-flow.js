// SPDX-License-Identifier: Apache-2.0
// When the media of a connection arrives: whether it flows, and whether it is at the live edge.

/** Without a chunk for this time the connection counts as lost, ms. */
export const CHUNK_TIMEOUT = 2500;
/** The origin may hold the first requests while a stream starts, ms. */
const START_TIMEOUT = 7000;
/** Media flows if a chunk, or bytes of one, arrived within this time, ms. */
const SILENCE = 400;
/**
 * The chunks that waited for the first request have arrived when a chunk follows the one before it
 * as slowly as it was published, by this share of the time between the two.
 */
const LIVE_SHARE = 0.7;

/** The times of arrival, ms of performance.now(), of one connection after another. */
export class MediaFlow {
  constructor() {
    this.videoAt = 0;
    this.audioAt = 0;
    /** When bytes of video arrived, whether they completed a chunk or not. */
    this.pieceAt = 0;
    /** The media time of the latest chunk of video, s. */
    this.videoTime = NaN;
    /** The number of latest chunks that arrived as slowly as they were published. */
    this.liveChunks = 0;
  }

  /** Whether chunks arrive as they are published: one may also be the first of a burst. */
  get isAtEdge() { return this.liveChunks > 1; }

  /**
   * Chunks are awaited from now on.
   * @param {number} now
   * @param {number} [patience] without a chunk for this time the connection is lost, ms
   */
  expect(now, patience = START_TIMEOUT + CHUNK_TIMEOUT) {
    this.videoAt = now + patience - CHUNK_TIMEOUT;
    this.audioAt = this.videoAt;
  }

  /** The next chunks follow no others. */
  begin() {
    this.liveChunks = 0;
    this.videoTime = NaN;
  }

  /** @param {number} now */
  piece(now) { this.pieceAt = now; }

  /** @param {number} now @param {number} time media time of a chunk, s */
  video(now, time) {
    // False for the first chunk.
    const isLive = now - this.videoAt >= LIVE_SHARE * 1000 * (time - this.videoTime);
    this.liveChunks = isLive || this.isAtEdge ? this.liveChunks + 1 : 0;
    this.videoTime = time;
    this.videoAt = now;
  }

  /** @param {number} now */
  audio(now) { this.audioAt = now; }

  /** @param {number} now @param {boolean} hasAudio */
  isLost(now, hasAudio) {
    const { audioAt, videoAt } = this;
    return now - (hasAudio ? Math.min(videoAt, audioAt) : videoAt) > CHUNK_TIMEOUT;
  }

  /**
   * Whether video arrives, or is still awaited.
   * @param {number} now
   */
  isExpected(now) { return now - this.videoAt < SILENCE; }

  /**
   * Whether video arrives.
   * @param {number} now
   */
  isFlowing(now) { return Math.abs(now - this.videoAt) < SILENCE; }

  /**
   * Whether bytes arrive, but a chunk takes long: a slow connection.
   * @param {number} now
   */
  isStarved(now) { return now - this.pieceAt < SILENCE && !this.isExpected(now); }
}
