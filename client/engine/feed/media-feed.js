// SPDX-License-Identifier: Apache-2.0
// A media source that is fed by the page, with a buffer for video and one for audio.

import { UnsupportedError } from '../../shared/errors.js';
import { ChunkCaptions } from '../captions/chunk-captions.js';
import { bufferedOf, SourceBufferQueue } from './source-buffer.js';

/** @returns {typeof MediaSource | undefined} iPhones have ManagedMediaSource only */
export function mediaSourceClass() {
  const scope = /** @type {any} */ (globalThis);
  return scope.MediaSource ?? scope.ManagedMediaSource;
}

/** A media source with one or two buffers. After a failure it is closed and replaced. */
export class MediaFeed {
  /**
   * @param {HTMLVideoElement} video
   * @param {(reason: string) => void} onFailure
   */
  constructor(video, onFailure) {
    this.element = video;
    this.onFailure = onFailure;
    /** @type {MediaSource | null} */
    this.source = null;
    /** @type {SourceBufferQueue | null} */
    this.video = null;
    /** @type {SourceBufferQueue | null} */
    this.audio = null;
    /** The URLs of the CMAF headers that were appended last. */
    this.headers = '';
    this.isClosed = false;
    /** Of the media source, s; seeks beyond the buffered media need a finite one. */
    this.duration = Infinity;
    /** Whether the browser wants media; ManagedMediaSource may ask for a pause. */
    this.isStreaming = true;
    /** Called when the browser wants media again. */
    this.onStreaming = () => {};
    /** Called when media was appended. */
    this.onAppended = () => {};
    this.onCaptions = /** @type {import('../captions/chunk-captions.js').OnTriplets} */ (() => {});
    this.captions = new ChunkCaptions((...found) => this.onCaptions(...found));
    /** @type {Promise<MediaSource> | null} the open source */
    this.opening = null;
    /** Ends the wait for an open source. */
    this.onClose = () => {};
  }

  /** Waits until the browser wants media. */
  async untilStreaming() {
    if (this.isStreaming) return;
    await new Promise((resolve) => { this.onStreaming = () => resolve(null); });
  }

  /**
   * Opens the buffers, or changes their codecs, and appends the CMAF headers. The number of tracks
   * cannot change.
   * @param {{ type: string, header: Uint8Array }[]} tracks video, then audio if there is audio
   */
  async open(tracks) {
    if (this.isClosed) throw new Error('the media source was closed before it was open');
    if (!this.video) await this.attach(tracks.map(({ type }) => type));
    else if (!this.hasTracks(tracks.length)) throw new Error('the stream has other tracks');
    const [video, audio] = tracks;
    this.video?.changeType(video.type, video.header);
    if (audio) this.audio?.changeType(audio.type, audio.header);
  }

  /** Opens the source while the CMAF headers are not known yet: the first frame appears earlier. */
  prepare() {
    this.openSource()?.catch(() => {});  // `attach` tries again, and reports an error
  }

  openSource() {
    const Source = mediaSourceClass();
    if (!Source || this.isClosed) return null;
    this.opening ??= this.openedSource(new Source()).catch((error) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  /** @param {string[]} types */
  async attach(types) {
    const Source = mediaSourceClass();
    for (const type of types) {
      if (!Source?.isTypeSupported(type)) {
        throw new UnsupportedError(`This browser cannot play ${type} by MSE`);
      }
    }
    const source = await this.openSource();
    if (!source) return;
    const fail = (/** @type {string} */ reason) => {
      if (this.source === source) this.onFailure(reason);
    };
    this.opening = null;  // another attempt opens another source
    // All buffers are added before the first append: browsers refuse to add one later.
    const queues = types.map((type) => new SourceBufferQueue(this.element, source, type, fail));
    for (const queue of queues) queue.onAppended = () => this.onAppended();
    this.video = queues[0];
    this.video.onBytes = (bytes, isHeader) => {
      if (isHeader) this.captions.setHeader(bytes);
      else this.captions.take(bytes);
    };
    this.audio = queues[1] ?? null;
  }

  /** @param {MediaSource} source to be opened by the element */
  async openedSource(source) {
    this.source = source;
    if (!('MediaSource' in globalThis)) this.element.disableRemotePlayback = true;
    if ('streaming' in source) this.followStreaming(source);
    const url = URL.createObjectURL(source);
    let timer = 0;
    await new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ reason) => (
        reject(new Error(`the media source ${reason}`)));
      source.addEventListener('sourceopen', resolve, { once: true });
      this.onClose = () => fail('was closed before it was open');
      timer = window.setTimeout(() => fail('did not open within 5 s'), 5000);
      this.element.src = url;
    }).finally(() => {
      clearTimeout(timer);
      URL.revokeObjectURL(url);
    });
    if (this.source !== source) throw new Error('the media source was closed before it was open');
    source.duration = this.duration;
    return source;
  }

  /**
   * A ManagedMediaSource states by events whether it wants media.
   * @param {MediaSource} source
   */
  followStreaming(source) {
    this.isStreaming = false;
    source.addEventListener('startstreaming', () => {
      this.isStreaming = true;
      this.onStreaming();
    });
    source.addEventListener('endstreaming', () => { this.isStreaming = false; });
  }

  /**
   * Whether the open feed has this number of tracks.
   * @param {number} count
   */
  hasTracks(count) { return (this.audio ? 2 : 1) === count; }

  /** Whether all media is appended. */
  get isIdle() { return this.video?.isIdle !== false && this.audio?.isIdle !== false; }

  /** @returns {number | null} the start of the buffered media, s */
  start() { return this.ranges()?.start(0) ?? null; }

  /** @returns {number | null} the end of the buffered media, s */
  end() {
    const ranges = this.ranges();
    return ranges && ranges.end(ranges.length - 1);
  }

  /** The ranges that all buffers contain; null if there are none. */
  ranges() {
    if (!this.video) return null;
    return bufferedOf(this.audio ? this.element : this.video.buffer);
  }

  /**
   * The start of the last range if nothing is buffered at the playback position before it; else
   * null. An element may wait shortly before the end of a range, since video and audio end at
   * different times there, and shortly before the start of the next one.
   */
  gapEnd() {
    const ranges = this.ranges(), { currentTime, seeking, readyState } = this.element;
    if (!ranges) return null;
    const isWaiting = seeking || readyState < 3;
    const margin = isWaiting ? 0.25 : 0.02, lead = isWaiting ? 0.001 : 0.1;
    for (let i = 0; i < ranges.length; i += 1) {
      const isBefore = currentTime < ranges.start(i) - lead;
      if (!isBefore && currentTime < ranges.end(i) - margin) return null;
    }
    const last = ranges.start(ranges.length - 1);
    return last > currentTime ? last : null;
  }

  close() {
    this.isClosed = true;
    for (const queue of [this.video, this.audio]) if (queue) queue.isClosed = true;
    this.source = null;
    this.video = null;
    this.audio = null;
    this.onClose();
    this.onStreaming();
  }
}
