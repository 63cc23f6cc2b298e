// SPDX-License-Identifier: Apache-2.0
// Plays the past: complete segments, by their numbers, into Media Source Extensions.

import { sleep, within } from '../../shared/deadline.js';
import { messageOf, UnsupportedError } from '../../shared/errors.js';
import { tracksOf } from '../cmaf/header.js';
import { EncryptedMedia } from '../feed/encrypted-media.js';
import { MediaFeed } from '../feed/media-feed.js';
import { renditionNames } from '../renditions/rendition-names.js';
import { loadHeader, loadPlaylist } from '../transport/documents.js';
import { segmentNames } from '../transport/segment-names.js';
import { extentBeside } from '../transport/source.js';
import { PastOrder } from './past-order.js';
import { pastStateAfter } from './past-state.js';
import { retrieve } from '../transport/connection.js';
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */
/** @typedef {import('../feed/source-buffer.js').SourceBufferQueue} SourceBufferQueue */
/** @typedef {import('../server/past-extent.js').PastExtent} PastExtent */
/** @typedef {import('../server/past-reach.js').PastReach} PastReach */
/** @typedef {import('./past-state.js').PastChange} PastChange */
/** @typedef {import('./past-state.js').PastState} PastState */
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/** ms */
const SEGMENT_TIMEOUT = 15000, RETRY = 1000;
/** Closer to the live edge than this there is nothing to play, s. */
const EDGE = 1.5;
/** Closer than this to the end of a recording there is nothing to play, s. */
const END = 0.1;
/** The end of the media source, Unix seconds. */
const LATEST = 2 ** 33;
/** A position that a seek may leave by rounding, s. */
const TINY = 0.001;

/**
 * @typedef {object} PastEvents
 * @property {() => void} onEdge playback has arrived at the live edge
 * @property {(reason: string) => void} onRefused the past cannot be played
 */

/** @typedef {{ names: SegmentNames, name: string, hash: string, url: string }} PastTrack */

/** @param {Playlist} list @returns {PastTrack | null} */
function trackOf(list) {
  const names = segmentNames(list), url = list.map ?? '';
  const hash = /\/init-([0-9a-f]{8})\.mp4(?:[?#]|$)/.exec(url)?.[1];
  return names && hash ? { names, name: folderName(names.folder), hash, url } : null;
}

/** @param {string} url of a file or a folder of a rendition, or of its playlist of the past */
function folderName(url) {
  const { pathname } = new URL('.', url.replace(/\/from\/[^?#]*$/, '/'));
  return pathname.split('/').at(-2) ?? '';
}

/**
 * Plays from an instant on. Latency has no meaning here: the rate is the viewer's.
 * @implements {Player}
 */
export class PastPlayer {
  /**
   * @param {Host} host @param {PastReach} reach
   * @param {{ at: number, rate: number }} start Unix seconds; rate of playback
   * @param {PastEvents} events
   */
  constructor(host, reach, { at, rate }, events) {
    this.host = host;
    this.reach = reach;
    this.at = at;
    this.rate = rate;
    this.events = events;
    /** @type {EncryptedMedia | null} */
    this.encrypted = null;
    this.stopping = new AbortController();
    /** Ends the requests for one position. */
    this.following = new AbortController();
    this.feed = this.newFeed();
    /** @type {PastExtent | null} */
    this.extent = null;
    /** @type {PastTrack[]} video, then audio if there is audio */
    this.tracks = [];
    /** Wall clock − media time, s: not 0 after a step of the server's clock. */
    this.offset = 0;
    /** @type {{ names: string[], uris: string[], current: number }} */
    this.ladder = { names: [], uris: [], current: 0 };
    /** @type {PastOrder | null} */
    this.order = null;
    /** @type {PastState} */
    this.state = 'opening';
  }

  /** @param {PastChange} event */
  on(event) { this.state = pastStateAfter(this.state, event); }

  get isStopped() { return this.stopping.signal.aborted; }

  /** Whether the element is at the position; before that it will be at `at`. */
  get isPlaced() { return this.state !== 'opening'; }

  newFeed() {
    /** @type {MediaFeed} */
    const feed = new MediaFeed(this.host.video, (reason) => {
      if (this.feed === feed) this.recover(reason);
    });
    feed.duration = LATEST;
    feed.onCaptions = (time, triplets) => {
      this.host.addCaptions((time + this.offset) * 1000, triplets);
    };
    return feed;
  }

  start() {
    this.encrypted = new EncryptedMedia(
      this.host.video, () => this.host.source, (reason) => this.events.onRefused(reason));
    void this.open();
  }

  stop() {
    this.stopping.abort();
    this.encrypted?.stop();
    this.following.abort();
    this.feed.close();
  }

  async open() {
    const { signal } = this.stopping;
    while (!this.isStopped) {
      try {
        await this.prepare(signal);
        return;
      } catch (error) {
        if (this.isStopped) return;
        if (error instanceof UnsupportedError) {
          this.events.onRefused(error.message);
          return;
        }
        this.host.status('wait', 'Connecting', messageOf(error));
        await sleep(RETRY, signal);
      }
    }
  }

  /** @param {AbortSignal} signal */
  async prepare(signal) {
    const { host, ladder } = this;
    const list = await this.loadList(signal);
    const tracks = [list, ...list.audio ? [list.audio] : []].map(trackOf);
    const [video, audio] = tracks;
    if (!video || tracks.includes(null)) {
      throw new UnsupportedError('The stream does not name its segments by their time');
    }
    host.learnServices(list);
    const extent = await this.reach.load(new URL('../dvr.json', video.names.folder).href);
    if (!extent) throw new Error('the server does not answer how far one may go back');
    if (extent.from === null) throw new UnsupportedError('The stream has no past');
    this.extent = extent;
    this.learnLadder(list, extent);
    if (!extent.has(video.name)) {
      ladder.current = Math.max(0, ladder.uris.findIndex((uri) => extent.has(folderName(uri))));
      if (ladder.uris.length === 0) throw new UnsupportedError('The rendition is not archived');
      throw new Error('another rendition is archived');
    }
    this.tracks = audio && extent.has(audio.name) ? [video, audio] : [video];
    const last = list.segments.at(-1);
    this.offset = last?.date ? last.date - extent.startOf(last.number) : 0;
    if (Math.abs(this.offset) < extent.frameDuration / 10) this.offset = 0;
    signal.throwIfAborted();
    this.at = extent.clamp(this.at);
    await this.follow();
  }

  /**
   * The playlist that names the media: that of the live edge, or one of the recording while the
   * stream has no session.
   * @param {AbortSignal} signal
   */
  async loadList(signal) {
    const { host, ladder, reach } = this;
    const extent = await reach.load(reach.url || extentBeside(host.source));
    let { source } = host;
    if (extent && !extent.isLive && extent.from !== null) {
      const last = extent.segmentAt(extent.to - extent.frameDuration / 2);
      const first = Math.min(extent.withMedia(extent.segmentAt(extent.clamp(this.at))), last);
      source = reach.address(`from/${first}/to/${first + 1}/playlist.m3u8`) ?? source;
    }
    return loadPlaylist(source, host.clock, signal, () => ladder.current);
  }

  /** @param {Playlist} list @param {PastExtent} extent */
  learnLadder(list, extent) {
    const { renditions } = list, { ladder } = this;
    const kept = renditions.map(({ uri }) => uri !== '' && extent.has(folderName(uri)));
    if (!kept.some(Boolean)) return;
    ladder.names = renditionNames(renditions);
    ladder.uris = renditions.map(({ uri }) => uri);
  }

  /**
   * The media time of an instant, s.
   * @param {number} at Unix seconds
   */
  mediaTime(at) { return at - this.offset; }

  /** The instant that is shown, or that will be, Unix seconds. */
  date() {
    const { video } = this.host;
    return this.isPlaced ? video.currentTime + this.offset : this.at;
  }

  /** Media time up to which segments are complete, s. */
  get edge() {
    const { extent } = this, edge = this.mediaTime(this.host.clock.now() / 1000) - 0.2;
    return extent && !extent.isLive ? Math.min(edge, extent.to + TINY) : edge;
  }

  // Position

  /**
   * Plays from another instant on.
   * @param {number} at Unix seconds
   */
  seekTo(at) {
    const { extent, feed, host: { video } } = this;
    this.at = extent?.clamp(at) ?? at;
    this.on('seek');
    if (!extent || !feed.video) return;
    const position = this.mediaTime(this.at), ranges = feed.ranges();
    for (let i = 0; ranges && this.isPlaced && i < ranges.length; i += 1) {
      const isBuffered = ranges.start(i) <= position && position < ranges.end(i) - TINY;
      if (!isBuffered) continue;
      video.currentTime = position + TINY;
      this.arrived();
      return;
    }
    void this.follow().catch((error) => this.failed(error));
  }

  /** @param {number} rate */
  setRate(rate) {
    this.rate = rate;
    this.host.video.playbackRate = rate;
  }

  /** Loads the media from `at` on. */
  async follow() {
    const { extent, feed } = this;
    if (!extent) return;
    this.following.abort();
    const following = new AbortController(), { signal } = following;
    this.following = following;
    await this.openFeed(new PastOrder(extent, this.mediaTime(this.at)).next);
    if (signal.aborted || this.isStopped) return;
    const order = new PastOrder(extent, this.mediaTime(this.at));
    this.order = order;
    for (const queue of [feed.video, feed.audio]) {
      if (!queue) continue;
      queue.keepsAhead = true;
      queue.clear();
    }
    const { video } = this.host;
    video.playbackRate = this.rate;
    video.currentTime = this.mediaTime(this.at) + TINY;
    this.on('place');
    void this.feedFrom(order, signal).catch((error) => {
      if (!signal.aborted) this.failed(error);
    });
  }

  /**
   * Opens the buffers with the CMAF headers of a segment.
   * @param {number} number
   */
  async openFeed(number) {
    const { feed, tracks } = this;
    if (feed.video) return;
    const headers = await Promise.all(tracks.map((track) => this.header(track, number)));
    const formats = tracksOf(headers.map(({ bytes }) => bytes));
    if (this.isStopped || feed !== this.feed) return;
    await feed.open(formats);
    feed.headers = headers.map(({ hash }) => hash).join(' ');
  }

  /** @param {PastTrack} track @param {number} number */
  async header({ name, names, hash: current, url }, number) {
    const hash = this.extent?.headerOf(name, number) ?? current;
    const address = hash === current ? url : new URL(`init-${hash}.mp4`, names.folder).href;
    return { hash, bytes: await loadHeader(address, this.stopping.signal) };
  }

  /**
   * Requests the segments ahead of the position, and appends them in their order.
   * @param {PastOrder} order @param {AbortSignal} signal
   */
  async feedFrom(order, signal) {
    const { video } = this.host;
    /** @type {{ number: number, bodies: Promise<(Uint8Array | null)[]> }[]} */
    const requested = [];
    while (!signal.aborted) {
      for (;;) {
        const number = order.take(video.currentTime, this.rate, this.edge);
        if (number === null) break;
        const bodies = Promise.all(this.tracks.map((track) => this.segment(track, number, signal)));
        bodies.catch(() => {});  // reported when it is awaited
        requested.push({ number, bodies });
      }
      const first = requested.shift();
      if (!first) {
        await sleep(50, signal);
        continue;
      }
      const bodies = await first.bodies;
      order.arrived();
      if (signal.aborted) return;
      await this.append(first.number, bodies);
      if (bodies[0] && !signal.aborted) this.arrived();
    }
  }

  /** There is media at the position. */
  arrived() {
    if (this.state !== 'placed') return;
    this.on('arrive');
    this.host.status('live', 'Past');
  }

  /**
   * @param {PastTrack} track @param {number} number @param {AbortSignal} stop
   * @returns {Promise<Uint8Array | null>} null if the segment does not exist
   */
  segment({ names }, number, stop) {
    return within(SEGMENT_TIMEOUT, async (signal) => {
      const response = await retrieve(names.urlOf(number), { signal });
      if ([404, 410].includes(response.status)) return null;
      if (!response.ok) throw new Error(`status ${response.status} for segment ${number}`);
      return new Uint8Array(await response.arrayBuffer());
    }, stop);
  }

  /** @param {number} number @param {(Uint8Array | null)[]} bodies */
  async append(number, bodies) {
    const { feed } = this, hashes = feed.headers.split(' ');
    for (const [i, track] of this.tracks.entries()) {
      const body = bodies[i], queue = i === 0 ? feed.video : feed.audio;
      if (!body || !queue) continue;
      const hash = this.extent?.headerOf(track.name, number) ?? track.hash;
      if (hash !== hashes[i]) {
        const { bytes } = await this.header(track, number);
        const format = tracksOf(i === 0 ? [bytes] : [(await this.header(this.tracks[0], number))
          .bytes, bytes])[i];
        if (feed !== this.feed) return;
        queue.changeType(format.type, format.header);
        hashes[i] = hash;
      }
      queue.append(body);
    }
    feed.headers = hashes.join(' ');
  }

  // Every 50 ms

  update() {
    const { feed, host: { video } } = this;
    if (!this.isPlaced || !feed.video) return;
    if (video.playbackRate !== this.rate) video.playbackRate = this.rate;
    const behind = this.mediaTime(this.host.clock.now() / 1000) - video.currentTime;
    if (!video.paused && !video.seeking && behind < EDGE) {
      this.events.onEdge();
      return;
    }
    const past = this.extent, isPlaying = this.state === 'playing';
    if (isPlaying && past && !past.isLive && video.currentTime > past.to - END) {
      this.on('end');
      this.host.status('wait', 'Ended', 'The recording ends here');
    }
    const end = feed.gapEnd();
    if (end !== null && feed.isIdle) video.currentTime = end + TINY;
    void this.reach.load(this.reach.url).then((extent) => {
      if (!extent || extent.from === null || this.isStopped) return;
      this.extent = extent;
      if (this.order) this.order.extent = extent;
    });
  }

  /** @param {unknown} error */
  failed(error) {
    if (this.isStopped) return;
    if (error instanceof UnsupportedError) this.events.onRefused(error.message);
    else this.recover(messageOf(error));
  }

  /** @param {string} reason */
  recover(reason) {
    if (this.isStopped) return;
    this.renewFeed();
    this.host.status('wait', 'Reconnecting', reason);
    void sleep(RETRY, this.stopping.signal).then(() => { if (!this.isStopped) void this.open(); });
  }

  /** Keeps the instant for other buffers, which `open` fills. */
  renewFeed() {
    this.at = this.date();
    this.following.abort();
    this.on('open');
    this.feed.close();
    this.feed = this.newFeed();
  }

  setTarget() {}

  latency() { return this.isPlaced ? this.host.clock.now() / 1000 - this.date() : null; }

  isControlled() { return false; }

  minimumTarget() { return 0; }

  wasConnectedSince() { return false; }

  seekBy() {}

  hasAudio() { return this.feed.video ? this.feed.audio !== null : null; }

  renditions() {
    const { names, current } = this.ladder;
    return names.length < 2 ? null : { names, current, requested: names[current] };
  }

  /** @param {string | null} name */
  chooseRendition(name) {
    const { ladder, extent } = this, index = name === null ? 0 : ladder.names.indexOf(name);
    if (index < 0 || index === ladder.current || !extent?.has(folderName(ladder.uris[index]))) {
      return;
    }
    ladder.current = index;
    this.renewFeed();
    void this.open();
  }
}
