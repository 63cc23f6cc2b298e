// SPDX-License-Identifier: Apache-2.0
// One SourceBuffer of Media Source Extensions.

import { messageOf } from '../../shared/errors.js';
import { concatenated } from '../cmaf/boxes.js';

/** The time between two removals of played media, ms. */
const TRIM_INTERVAL = 5000;

/** Appends in order, and keeps at most ten seconds before the playback position. */
export class SourceBufferQueue {
  /**
   * @param {HTMLVideoElement} video @param {MediaSource} source
   * @param {string} type MIME type with codecs
   * @param {(reason: string) => void} onFailure the buffer is unusable
   */
  constructor(video, source, type, onFailure) {
    this.video = video;
    this.source = source;
    /** The type of bytes that are added from now on, and of the latest appended bytes. */
    this.type = type;
    this.appendedType = type;
    this.onFailure = onFailure;
    /** @type {{ type: string, bytes: Uint8Array, isHeader?: boolean }[]} */
    this.pending = [];
    this.trimmedAt = 0;
    this.wasFull = false;
    /** Whether the length of the media is bounded by its requests. */
    this.keepsAhead = false;
    /** Whether all media is to be removed before anything is appended. */
    this.isClearing = false;
    this.isClosed = false;
    /** Called after each append. */
    this.onAppended = () => {};
    /** Called with bytes that are to be appended. */
    this.onBytes = /** @type {(bytes: Uint8Array, isHeader: boolean) => void} */ (() => {});
    this.buffer = source.addSourceBuffer(type);
    this.buffer.mode = 'segments';
    this.buffer.addEventListener('updateend', () => {
      this.pump();
      if (!this.isClosed) this.onAppended();
    });
    this.buffer.addEventListener('error', () => {
      if (!this.isClosed) this.onFailure('the source buffer failed');
    });
  }

  /** Whether all bytes are appended. */
  get isIdle() {
    return this.pending.length === 0 && !this.buffer.updating && !this.isClearing;
  }

  /**
   * Bytes from now on have this type.
   * @param {string} type @param {Uint8Array} header
   */
  changeType(type, header) {
    this.type = type;
    this.append(header, true);
  }

  /** @param {Uint8Array} bytes @param {boolean} [isHeader] whether it is a CMAF header */
  append(bytes, isHeader = false) {
    if (this.isClosed) return;
    this.onBytes(bytes, isHeader);
    this.pending.push({ type: this.type, bytes, isHeader });
    this.pump();
  }

  /** Removes all media, for another position; the CMAF header stays. */
  clear() {
    this.pending = this.pending.filter(({ isHeader }) => isHeader);
    this.isClearing = true;
    this.pump();
  }

  /** Appends the pending bytes of one type. */
  pump() {
    const { buffer, pending } = this;
    if (this.isClosed || buffer.updating || this.source.readyState !== 'open') return;
    if (this.isClearing) {
      this.isClearing = false;
      if (bufferedOf(buffer)) {
        buffer.remove(0, Infinity);
        return;
      }
    }
    const now = performance.now();
    if (now - this.trimmedAt > TRIM_INTERVAL) {
      this.trimmedAt = now;
      if (this.trim(10, 30)) return;
    }
    if (pending.length === 0) return;
    const { type } = pending[0], others = pending.findIndex((added) => added.type !== type);
    const bytes = pending.splice(0, others < 0 ? pending.length : others)
      .map((added) => added.bytes).reduce(concatenated);
    try {
      if (type !== this.appendedType) buffer.changeType(type);
      this.appendedType = type;
      buffer.appendBuffer(bytes);
      this.wasFull = false;
    } catch (error) {
      const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
      if (isFull && !this.wasFull && this.trim(1, 3)) {
        this.wasFull = true;
        pending.unshift({ type, bytes });
      } else this.onFailure(isFull ? 'the source buffer is full' : `append: ${messageOf(error)}`);
    }
  }

  /**
   * Removes media more than `before` seconds before the playback position, and media more than
   * `length` seconds before the end.
   * @param {number} before @param {number} length
   * @returns {boolean} whether a removal has begun
   */
  trim(before, length) {
    const ranges = bufferedOf(this.buffer);
    if (!ranges) return false;
    const start = ranges.start(0), end = ranges.end(ranges.length - 1);
    const least = this.keepsAhead ? -Infinity : end - length;
    const until = Math.max(this.video.currentTime - before, least);
    if (until - start < 1) return false;
    this.buffer.remove(start, until);
    return true;
  }
}

/**
 * The buffered ranges of a buffer or an element; null if there are none.
 * @param {SourceBuffer | HTMLVideoElement} object
 * @returns {TimeRanges | null}
 */
export function bufferedOf(object) {
  try {
    return object.buffered.length > 0 ? object.buffered : null;
  } catch {
    return null;  // the buffer no longer belongs to a media source
  }
}

/**
 * The buffered time after the playback position, s.
 * @param {Pick<HTMLVideoElement, 'buffered' | 'currentTime'>} video
 */
export function secondsAhead({ buffered, currentTime }) {
  let seconds = 0;
  for (let i = 0; i < buffered.length; i += 1) {
    const isCurrent = buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime;
    if (isCurrent) seconds = buffered.end(i) - currentTime;
  }
  return seconds;
}
