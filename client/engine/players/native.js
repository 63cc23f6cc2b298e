// SPDX-License-Identifier: Apache-2.0
// The browser's own HLS, which controls the latency itself.

import { sleep, within } from '../../shared/deadline.js';
import { loadPlaylist } from '../transport/documents.js';
import { segmentNames } from '../transport/segment-names.js';
import { eventsOfCues, LARGEST_DELAY } from '../transport/stream-events.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/** A latency of more than this number of PART-HOLD-BACK is too high. */
const MOST_HOLD_BACKS = 3;

/**
 * The position at PART-HOLD-BACK from the live edge, for an element that is too far behind; else
 * null. The end of the seekable range is the live edge.
 * @param {{ currentTime: number, seekable: TimeRanges }} video
 * @param {number} holdBack PART-HOLD-BACK, s; 0 if unknown
 * @param {number | null} latency s; null if unknown
 */
export function edgeSeek({ currentTime, seekable }, holdBack, latency) {
  if (!(holdBack > 0) || seekable.length === 0) return null;
  const edge = seekable.end(seekable.length - 1), behind = edge - currentTime;
  if (Math.max(behind, latency ?? 0) <= MOST_HOLD_BACKS * holdBack) return null;
  const position = edge - holdBack;
  return position - currentTime > holdBack ? position : null;
}

/**
 * Plays the playlist in Apple's browsers, and the chunked playlist in others: those do not know
 * parts.
 * @implements {Player}
 */
export class NativePlayer {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.stopping = new AbortController();
    this.knowsParts = navigator.vendor.startsWith('Apple');
    /** PART-HOLD-BACK, s; 0 while unknown, and for a player that does not know parts. */
    this.holdBack = 0;
    this.soughtAt = -Infinity;
  }

  get isStopped() { return this.stopping.signal.aborted; }

  start() {
    if (this.host.video.canPlayType('application/vnd.apple.mpegurl')) void this.play();
    else this.host.unsupported('This browser has no HLS of its own');
  }

  async play() {
    const { video, source } = this.host;
    const url = this.knowsParts ? source : await this.chunkedPlaylist() ?? source;
    if (this.knowsParts) void this.learnHoldBack();
    if (this.isStopped) return;
    video.src = url;
    video.onplaying = () => { if (!this.isStopped) this.host.status('live', 'Live'); };
    video.play().catch(() => {});
  }

  /** @returns {Promise<string | null>} its URL; null if it does not exist */
  async chunkedPlaylist() {
    const { signal: stop } = this.stopping;
    try {
      const names = segmentNames(await loadPlaylist(this.host.source, this.host.clock, stop));
      if (!names) return null;
      const { href } = new URL('chunked.m3u8', names.folder);
      const response = await within(3000, (signal) => fetch(href, { signal }), stop);
      return response.ok ? href : null;
    } catch {
      return null;
    }
  }

  async learnHoldBack() {
    try {
      const { source, clock } = this.host;
      this.holdBack = (await loadPlaylist(source, clock, this.stopping.signal)).partHoldBack;
    } catch { /* the browser reports errors of the playlist */ }
  }

  stop() {
    this.stopping.abort();
    this.host.video.onplaying = null;
  }

  setTarget() {}

  /**
   * Seeks to the live edge if the latency is more than three times PART-HOLD-BACK above it. Safari
   * does not come back by itself.
   */
  update() {
    this.takeEvents();
    const { video } = this.host, now = performance.now();
    if (video.paused || video.seeking || now - this.soughtAt < 2000) return;
    const position = edgeSeek(video, this.holdBack, this.latency());
    if (position === null) return;
    this.soughtAt = now;
    video.currentTime = position;
  }

  /** @param {string} reason */
  recover(reason) {
    if (this.isStopped) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    void sleep(1000, this.stopping.signal).then(() => { if (!this.isStopped) this.start(); });
  }

  /** The PROGRAM-DATE-TIME of the media time 0, Unix ms; null but in Safari. */
  startDate() {
    const start = /** @type {any} */ (this.host.video).getStartDate?.().getTime();
    return start > 0 ? start : null;
  }

  /** Adds the events of the date ranges that the browser gives as cues. */
  takeEvents() {
    const start = this.startDate();
    if (start === null) return;
    const { video } = this.host, since = video.currentTime - LARGEST_DELAY / 1000;
    for (const track of video.textTracks) {
      // Playback shows captions.
      if (track.kind === 'subtitles' && track.mode === 'showing') track.mode = 'disabled';
      if (track.kind !== 'metadata') continue;
      if (track.mode === 'disabled') track.mode = 'hidden';
      for (const event of eventsOfCues(track.cues ?? [], start, since)) this.host.addEvent(event);
    }
  }

  latency() {
    const start = this.startDate();
    if (start === null) return null;
    return (this.host.clock.now() - start) / 1000 - this.host.video.currentTime;
  }

  hasAudio() { return null; }

  renditions() { return null; }

  chooseRendition() {}

  isControlled() { return false; }

  minimumTarget() { return 0; }

  wasConnectedSince() { return false; }

  seekBy() {}
}
