// SPDX-License-Identifier: Apache-2.0
// The browser's own HLS, which controls the latency itself.

import { within } from '../../shared/deadline.js';
import { segmentNames } from '../segment-names.js';
import { loadPlaylist } from '../transport.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/**
 * Plays the playlist in Apple's browsers, and the chunked playlist in others: those do not know
 * parts.
 * @implements {Player}
 */
export class NativePlayer {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.isStopped = false;
    this.knowsParts = navigator.vendor.startsWith('Apple');
  }

  start() {
    if (this.host.video.canPlayType('application/vnd.apple.mpegurl')) void this.play();
    else this.host.unsupported('This browser has no HLS of its own');
  }

  async play() {
    const { video, source } = this.host;
    const url = this.knowsParts ? source : await this.chunkedPlaylist() ?? source;
    if (this.isStopped) return;
    video.src = url;
    video.onplaying = () => { if (!this.isStopped) this.host.status('live', 'Live'); };
    video.play().catch(() => {});
  }

  /** @returns {Promise<string | null>} its URL; null if it does not exist */
  async chunkedPlaylist() {
    try {
      const names = segmentNames(await loadPlaylist(this.host.source, this.host.clock));
      if (!names) return null;
      const { href } = new URL('chunked.m3u8', names.folder);
      const response = await within(3000, (signal) => fetch(href, { signal }));
      return response.ok ? href : null;
    } catch {
      return null;
    }
  }

  stop() {
    this.isStopped = true;
    this.host.video.onplaying = null;
  }

  setTarget() {}

  update() {}

  /** @param {string} reason */
  recover(reason) {
    if (this.isStopped) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    setTimeout(() => { if (!this.isStopped) this.start(); }, 1000);
  }

  latency() {
    const video = /** @type {any} */ (this.host.video);
    const start = video.getStartDate?.().getTime();  // Safari only
    return start > 0 ? (this.host.clock.now() - start) / 1000 - video.currentTime : null;
  }

  hasAudio() { return null; }

  isControlled() { return false; }

  minimumTarget() { return 0; }

  wasConnectedSince() { return false; }

  seekBy() {}
}
