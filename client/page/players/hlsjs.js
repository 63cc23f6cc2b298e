// SPDX-License-Identifier: Apache-2.0
import { ahead } from '../media-source.js';
import { messageOf } from '../errors.js';
import { loadScript } from './script.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/**
 * hls.js takes every download for 50 ms long at least, and weighs it by how long it took: with parts of 0.1 s that come
 * in a few milliseconds the network never looks faster than twice the rate of the rendition that plays, and what was
 * slow is remembered for minutes. A viewer who has gone down a ladder would stay there. Here each part weighs as much as
 * it lasts, and nothing looks faster than twice the best rendition: more would only be remembered for too long as well.
 * @param {any} AbrController
 */
export function withFairSamples(AbrController) {
  return class extends AbrController {
    initEstimator() {
      const estimator = super.initEstimator(), sample = estimator.sample;
      estimator.sample = (/** @type {number} */ milliseconds, /** @type {number} */ bytes) => {
        const { levels, latestLevelDetails } = this.hls;
        const best = Math.max(0, ...(levels ?? []).map((/** @type {any} */ level) => level.maxBitrate)) || Infinity;
        const rate = Math.min(8000 * bytes / Math.max(milliseconds, 1), 2 * best);
        const weight = Math.max(milliseconds, 1000 * (latestLevelDetails?.partTarget ?? 0), 50);
        sample.call(estimator, weight, rate * weight / 8000);
      };
      return estimator;
    }
  };
}

/**
 * hls.js in low-latency mode.
 * @implements {Player}
 */
export class HlsPlayer {
  /** @param {Host} host @param {{ url: string, integrity?: string }[]} places */
  constructor(host, places) {
    this.host = host;
    this.places = places;
    /** @type {any} */
    this.hls = null;
    this.stopped = false;
    this.recoveredAt = -Infinity;
    this.lostAt = 0;
    this.movedAt = performance.now();
    /** since when the place to play from has been elsewhere */
    this.leftAt = performance.now();
    this.lastTime = 0;
  }

  async start() {
    const scope = /** @type {any} */ (globalThis);
    const failed = [];
    for (const place of scope.Hls ? [] : this.places) {
      try {
        await loadScript(place);
        if (scope.Hls) break;
      } catch (error) { failed.push(messageOf(error)); }
    }
    if (this.stopped) return;
    if (!scope.Hls) return this.host.unfit(`hls.js could not be loaded (${failed.join('; ')})`);
    if (!scope.Hls.isSupported()) return this.host.unfit('hls.js needs Media Source Extensions');
    this.attach();
  }

  attach() {
    const { Hls } = /** @type {any} */ (globalThis);
    this.movedAt = performance.now();
    const hls = new Hls({
      lowLatencyMode: true,
      abrController: withFairSamples(Hls.DefaultConfig.abrController),
      abrEwmaFastLive: 1,
      abrEwmaSlowLive: 4,
      liveSyncOnStallIncrease: 0,
      playlistLoadPolicy: {
        default: {
          maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 20000,
          timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
          errorRetry: { maxNumRetry: 60, retryDelayMs: 500, maxRetryDelayMs: 500, backoff: 'linear' },
        },
      },
    });
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (/** @type {string} */ _event, /** @type {any} */ data) => {
      if (this.hls !== hls) return;
      const text = `hls.js: ${data.details}${data.response?.code ? ` (${data.response.code})` : ''}`;
      if (data.fatal || data.type === Hls.ErrorTypes.NETWORK_ERROR) this.lostAt = performance.now();
      if (data.fatal) this.broken(text, data.type === Hls.ErrorTypes.MEDIA_ERROR);
      else if (data.type === Hls.ErrorTypes.NETWORK_ERROR) this.host.status('wait', 'Reconnecting', `${text}; trying again`);
    });
    hls.on(Hls.Events.LEVEL_LOADED, (/** @type {string} */ _event, /** @type {any} */ data) => {
      const holdBack = data.details?.partHoldBack;
      if (this.hls === hls && holdBack > 0) this.host.suits(holdBack + 0.05, 0);
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => { if (this.hls === hls) this.host.status('live', 'Live'); });
    hls.loadSource(this.host.source);
    hls.attachMedia(this.host.video);
  }

  /** @param {string} reason @param {boolean} [media] */
  broken(reason, media = false) {
    if (this.stopped || !this.hls) return;
    this.host.status('wait', 'Reconnecting', `${reason}; starting again`);
    const now = performance.now();
    if (media && now - this.recoveredAt > 3000) {
      this.recoveredAt = now;
      this.hls.recoverMediaError();
      return;
    }
    this.hls.destroy();
    this.hls = null;
    setTimeout(() => { if (!this.stopped) this.attach(); }, 1000);
  }

  stop() {
    this.stopped = true;
    this.hls?.destroy();
    this.hls = null;
  }

  tick() {
    const now = performance.now(), { video } = this.host;
    if (video.currentTime !== this.lastTime || video.paused || document.hidden) {
      this.lastTime = video.currentTime;
      this.movedAt = now;
      this.leftAt = now;
    } else if (now - this.movedAt > 10000 && this.hls) {
      this.movedAt = now;
      this.broken('the picture stood still for 10 s');
    } else if (this.hls && !video.seeking) {
      // hls.js 1.6.15 may load no more before numbers without media, where it learns of them for the sound first.
      const place = this.hls.liveSyncPosition;
      if (now - this.movedAt < 500 || !(place - video.currentTime > 1.5)) this.leftAt = now;
      else if (now - this.leftAt > 2000) {
        this.leftAt = now;
        video.currentTime = place;
      }
    }
    if (this.hls) this.hls.config.maxFragLookUpTolerance = ahead(video) < LOOK_UP.low ? LOOK_UP.wide : LOOK_UP.narrow;
  }

  behind() {
    const date = this.hls?.playingDate;
    if (date) return (this.host.clock.now() - date.getTime()) / 1000;
    return this.hls && this.hls.latency > 0 ? this.hls.latency : null;
  }

  sound() {
    const { hls } = this;
    return hls?.levels?.length ? hls.audioTracks.length > 0 || hls.levels.some((/** @type {any} */ level) => level.audioCodec) : null;
  }

  /** Without parts hls.js keeps seconds of buffer, and is left to it. */
  held() { return Boolean(this.hls?.latestLevelDetails?.partList?.length && this.hls.playingDate); }

  lowest() { return 0; }

  /** @param {number} since */
  steady(since) { return this.lostAt < since; }

  /** @param {number} seconds */
  jump(seconds) {
    const { video } = this.host, ranges = video.buffered;
    if (ranges.length === 0) return;
    const end = ranges.end(ranges.length - 1);
    if (end - video.currentTime > 0.5 || seconds < 0) {
      video.currentTime = Math.max(ranges.start(ranges.length - 1), Math.min(video.currentTime + seconds, end - 0.1));
    }
  }
}

/**
 * How far hls.js looks beyond the end of what is buffered for the next segment, s; it does not while less than that lies
 * behind it. What is buffered ends a microsecond before its segment does, by how browsers round, so that by its default
 * (wide) the first two parts of each segment were loaded with the third. Narrow is less than the shortest part, an AAC
 * frame, and more than what PROGRAM-DATE-TIME rounds to, by which sound is put beside pictures. But where the last part of
 * a segment came while the one before was being parsed, hls.js never loads it; then only the wide look gets over it.
 */
export const LOOK_UP = { narrow: 0.005, wide: 0.25, low: 0.15 };
