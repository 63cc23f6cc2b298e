// SPDX-License-Identifier: Apache-2.0
import { joined } from './boxes.js';
import { PlayerUnfit, messageOf } from './errors.js';

/** @returns {typeof MediaSource | undefined} iPhones have the managed one only */
export function mediaSourceClass() {
  const scope = /** @type {any} */ (globalThis);
  return scope.MediaSource ?? scope.ManagedMediaSource;
}

/** One SourceBuffer: appends in order, keeps at most ten seconds behind the playhead. */
export class BufferQueue {
  /**
   * @param {HTMLVideoElement} video @param {MediaSource} source @param {string} type
   * @param {(reason: string) => void} onBroken
   */
  constructor(video, source, type, onBroken) {
    this.video = video;
    this.source = source;
    this.type = type;
    this.onBroken = onBroken;
    /** @type {Uint8Array[]} */
    this.pending = [];
    this.trimmedAt = 0;
    this.fullSince = 0;
    this.closed = false;
    this.buffer = source.addSourceBuffer(type);
    this.buffer.mode = 'segments';
    this.buffer.addEventListener('updateend', () => this.pump());
    this.buffer.addEventListener('error', () => { if (!this.closed) this.onBroken('the source buffer failed'); });
  }

  /** @param {string} type @param {Uint8Array} init goes first */
  change(type, init) {
    if (type !== this.type) this.buffer.changeType(type);
    this.type = type;
    this.append(init);
  }

  /** @param {Uint8Array} bytes */
  append(bytes) {
    if (this.closed) return;
    this.pending.push(bytes);
    this.pump();
  }

  pump() {
    const { buffer } = this;
    if (this.closed || buffer.updating || this.source.readyState !== 'open') return;
    const now = performance.now();
    if (now - this.trimmedAt > 5000) {
      this.trimmedAt = now;
      if (this.trim(10, 30)) return;
    }
    if (this.pending.length === 0) return;
    const bytes = this.pending.length === 1 ? this.pending[0] : this.pending.reduce(joined);
    this.pending = [];
    try {
      buffer.appendBuffer(bytes);
      this.fullSince = 0;
    } catch (error) {
      const full = error instanceof DOMException && error.name === 'QuotaExceededError';
      if (full && this.fullSince === 0 && this.trim(1, 3)) {
        this.fullSince = now;
        this.pending.unshift(bytes);
      } else this.onBroken(full ? 'the source buffer is full' : `append: ${messageOf(error)}`);
    }
  }

  /**
   * Removes what lies further behind the playhead, or behind the end.
   * @param {number} behind @param {number} length
   */
  trim(behind, length) {
    let ranges = null;
    try { ranges = this.buffer.buffered; } catch { /* the element let go of the source */ }
    if (!ranges || ranges.length === 0) return false;
    const start = ranges.start(0), until = Math.max(this.video.currentTime - behind, ranges.end(ranges.length - 1) - length);
    if (until - start < 1) return false;
    this.buffer.remove(start, until);
    return true;
  }
}

/** A media source with a buffer for pictures and maybe one for sound. */
export class MediaFeed {
  /**
   * @param {HTMLVideoElement} video
   * @param {(reason: string) => void} onBroken it must be closed and a new one opened
   */
  constructor(video, onBroken) {
    this.video = video;
    this.onBroken = onBroken;
    /** @type {MediaSource | null} */
    this.source = null;
    /** @type {BufferQueue | null} */
    this.pictures = null;
    /** @type {BufferQueue | null} */
    this.sound = null;
    /** URLs of the init segments that it was opened with */
    this.maps = '';
    this.closed = false;
  }

  /**
   * Opens for these codecs, pictures first, or changes to them; the init segments go first. How many there are never changes.
   * @param {{ type: string, init: Uint8Array }[]} tracks
   */
  async open(tracks) {
    if (this.closed) throw new Error('closed before it was open');
    if (!this.pictures) {
      await this.attach(tracks.map(({ type }) => type));
    } else if ((this.sound !== null) !== tracks.length > 1) throw new Error('the stream has other tracks');
    [this.pictures, this.sound].forEach((queue, place) => { if (tracks[place]) queue?.change(tracks[place].type, tracks[place].init); });
  }

  /** @param {string[]} types */
  async attach(types) {
    const Source = mediaSourceClass();
    for (const type of types) {
      if (!Source || !Source.isTypeSupported(type)) throw new PlayerUnfit(`This browser cannot play ${type} by MSE`);
    }
    if (!Source) return;
    const source = new Source();
    this.source = source;
    if (!('MediaSource' in globalThis)) this.video.disableRemotePlayback = true;
    const url = URL.createObjectURL(source);
    await new Promise((resolve, reject) => {
      source.addEventListener('sourceopen', resolve, { once: true });
      setTimeout(() => reject(new Error('the media source did not open')), 5000);
      this.video.src = url;
    }).finally(() => URL.revokeObjectURL(url));
    if (this.source !== source) throw new Error('closed while opening');
    source.duration = Infinity;
    // All of them before the first init segment: afterwards browsers refuse another.
    const queues = types.map((type) => new BufferQueue(this.video, source, type, (why) => { if (this.source === source) this.onBroken(why); }));
    this.pictures = queues[0];
    this.sound = queues[1] ?? null;
  }

  /** @returns {number | null} */
  start() { return this.ranges()?.start(0) ?? null; }

  /** @returns {number | null} where what can be played ends */
  end() {
    const ranges = this.ranges();
    return ranges ? ranges.end(ranges.length - 1) : null;
  }

  /** What all buffers have. */
  ranges() {
    try {
      const ranges = this.sound ? this.video.buffered : this.pictures?.buffer.buffered;
      return this.pictures && ranges && ranges.length > 0 ? ranges : null;
    } catch { return null; }  // the element let go of the source
  }

  close() {
    this.closed = true;
    for (const queue of [this.pictures, this.sound]) if (queue) queue.closed = true;
    this.source = null;
    this.pictures = null;
    this.sound = null;
  }
}

/**
 * How far an element can play from where it is, s.
 * @param {HTMLVideoElement} video
 */
export function ahead({ buffered, currentTime }) {
  let seconds = 0;
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime) seconds = buffered.end(i) - currentTime;
  }
  return seconds;
}
