// SPDX-License-Identifier: Apache-2.0
// Video.js with hls.js in low-latency mode in the place of its own HLS.

import { playLowLatency } from './hls-preset.js';

const TYPE = /^application\/(x-mpegurl|vnd\.apple\.mpegurl)$/i;

/**
 * Makes HLS a matter of hls.js in all players that are made later; see `video-js.d.ts`.
 * @param {any} videojs @param {any} Hls
 * @param {{ target?: number, config?: Record<string, unknown> }} [options]
 */
export function useLowLatency(videojs, Hls, options = {}) {
  const canPlayType = (/** @type {string} */ type) => (
    TYPE.test(type) && Hls.isSupported() ? 'probably' : '');
  // The first handler that accepts a source gets it.
  videojs.getTech('Html5').registerSourceHandler({
    canPlayType,
    canHandleSource: (/** @type {{ type?: string }} */ { type }) => canPlayType(type ?? ''),
    handleSource(/** @type {{ src: string }} */ { src }, /** @type {any} */ tech) {
      const playback = playLowLatency(Hls, tech.el(), src, options);
      // Video.js keeps the handler of a technology, with which a page can ask for the latency.
      return { playback, dispose: () => playback.stop() };
    },
  }, 0);
}
