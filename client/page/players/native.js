// SPDX-License-Identifier: Apache-2.0
import { segmentNames } from '../playlist.js';
import { within } from '../deadline.js';
import { loadPlaylist } from '../transport.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/**
 * The browser's own HLS. Those that know no parts are given the playlist made for them.
 * @implements {Player}
 */
export class NativePlayer {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.stopped = false;
    this.parts = navigator.vendor.startsWith('Apple');
  }

  /** @returns {void} */
  start() {
    const { video, source } = this.host;
    if (!video.canPlayType('application/vnd.apple.mpegurl')) {
      return this.host.unfit('This browser has no HLS of its own');
    }
    void this.choose(source).then((url) => {
      if (this.stopped) return;
      video.src = url;
      this.play();
    });
    return undefined;
  }

  /** @param {string} source */
  async choose(source) {
    if (this.parts) return source;
    try {
      const names = segmentNames(await loadPlaylist(source, this.host.clock));
      const chunked = names && new URL('chunked.m3u8', names.folder).href;
      if (chunked && (await fetch(chunked, { signal: within(3000) })).ok) return chunked;
    } catch { /* not ours, or not there yet */ }
    return source;
  }

  play() {
    this.host.video.onplaying = () => { if (!this.stopped) this.host.status('live', 'Live'); };
    this.host.video.play().catch(() => {});
  }

  stop() {
    this.stopped = true;
    this.host.video.onplaying = null;
  }

  tick() {}

  /** @param {string} reason */
  broken(reason) {
    if (this.stopped) return;
    this.host.status('wait', 'Reconnecting', `${reason}; starting again`);
    setTimeout(() => { if (!this.stopped) this.start(); }, 1000);
  }

  behind() {
    const video = /** @type {any} */ (this.host.video);
    const start = video.getStartDate?.().getTime();  // Safari only
    return start > 0 ? (this.host.clock.now() - start) / 1000 - video.currentTime : null;
  }

  sound() { return null; }

  held() { return false; }  // the browser chooses its own place

  lowest() { return 0; }

  steady() { return false; }

  jump() {}
}
