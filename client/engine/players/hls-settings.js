// SPDX-License-Identifier: Apache-2.0
// Settings of hls.js for short parts.

import { secondsAhead } from '../feed/source-buffer.js';
import { partAfter, readingAhead } from './read-ahead.js';

/**
 * `maxFragLookUpTolerance` of hls.js, s: how far after the end of the buffer it looks for the next
 * segment.
 *
 * Browsers round the end of the buffer to a microsecond before the end of the segment. With the
 * default (`wide`) hls.js then loads the first two parts of each segment together with the third.
 * `narrow` is shorter than the shortest part, one AAC frame, and longer than the rounding of
 * PROGRAM-DATE-TIME, by which hls.js aligns audio with video. With `narrow` hls.js never loads the
 * last part of a segment if that part arrived while hls.js was parsing the part before. So `wide`
 * applies while the buffer is shorter than `low`.
 */
const LOOK_UP = { narrow: 0.005, wide: 0.25, low: 0.15 };

const PLAYLIST_POLICY = {
  default: {
    maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 20000,
    timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 60, retryDelayMs: 500, maxRetryDelayMs: 500, backoff: 'linear' },
  },
};

/**
 * An AbrController whose bandwidth estimate suits short parts.
 *
 * hls.js counts each download as at least 50 ms long, and weighs it by its duration. If parts of
 * 0.1 s arrive within a few milliseconds, the estimate stays below twice the bitrate of the current
 * rendition, and a slow download counts for minutes: a player that has switched down stays there.
 * Here each part weighs at least as much as its duration. The estimate is limited to twice the
 * bitrate of the top rendition, since a higher one would also count for too long.
 *
 * The level is that which `allowed` returns in place of the chosen one.
 * @param {any} AbrController
 * @param {(level: number) => number} [allowed]
 */
export function withPartWeights(AbrController, allowed = (level) => level) {
  return class extends AbrController {
    get nextAutoLevel() { return allowed(super.nextAutoLevel); }

    set nextAutoLevel(level) { super.nextAutoLevel = level; }

    initEstimator() {
      const estimator = super.initEstimator(), { sample } = estimator;
      estimator.sample = (/** @type {number} */ milliseconds, /** @type {number} */ bytes) => {
        const { levels, latestLevelDetails } = this.hls;
        const bitrates = (levels ?? []).map((/** @type {any} */ level) => level.maxBitrate);
        const limit = 2 * (Math.max(0, ...bitrates) || Infinity);
        const bitrate = Math.min(8000 * bytes / Math.max(milliseconds, 1), limit);
        const weight = Math.max(milliseconds, 1000 * (latestLevelDetails?.partTarget ?? 0), 50);
        sample.call(estimator, weight, bitrate * weight / 8000);
      };
      return estimator;
    }
  };
}

/**
 * The settings for `new Hls(…)`.
 * @param {any} Hls the class
 * @param {(index: number) => any} levelAt a level of the instance; undefined without one
 * @param {(level: number) => number} [allowed] as of `withPartWeights`
 * @param {any} [Loader] of segments and parts
 */
export function lowLatencySettings(Hls, levelAt, allowed, Loader = Hls.DefaultConfig.loader) {
  return {
    lowLatencyMode: true,
    abrController: withPartWeights(Hls.DefaultConfig.abrController, allowed),
    fLoader: readingAhead(Loader, (context) => (
      partAfter(levelAt(context.frag.level)?.details?.partList, context))),
    abrEwmaFastLive: 1,
    abrEwmaSlowLive: 4,
    liveSyncOnStallIncrease: 0,
    playlistLoadPolicy: PLAYLIST_POLICY,
  };
}

/**
 * `maxFragLookUpTolerance` for the present buffer, s.
 * @param {HTMLMediaElement} video
 */
export function lookUpTolerance(video) {
  return secondsAhead(video) < LOOK_UP.low ? LOOK_UP.wide : LOOK_UP.narrow;
}
