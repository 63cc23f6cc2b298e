// SPDX-License-Identifier: Apache-2.0
// hls.js with the settings and the control of latency of <live-player>, for pages that have a video
// element and hls.js already.

import { LatencyController } from '../engine/clock/latency-controller.js';
import { lookUpTolerance, lowLatencySettings } from '../engine/players/hls-settings.js';
import { secondsAhead } from '../engine/feed/source-buffer.js';
import { ServerClock } from '../shared/clock.js';
import { sleep } from '../shared/deadline.js';
import { servicesBeside } from '../shared/services.js';

/** The target until the playlist is known, and the part of it above PART-HOLD-BACK, s. */
const FIRST_TARGET = 0.35, ABOVE_HOLD_BACK = 0.05;
/** The times between steps of the control, and between measurements of the server's clock, ms. */
const STEP = 50, MEASUREMENT = 30_000;
/** The time after which a failed playlist is loaded again, ms. */
const RETRY = 1000;
/** A seek leaves this much before the end of the buffered media, s. */
const END_MARGIN = 0.1;

/** An instance of hls.js that holds a target latency; see `hls-preset.d.ts`. */
class LowLatencyPlayback {
  /**
   * @param {any} Hls @param {HTMLVideoElement} video @param {string} url
   * @param {{ target?: number, config?: Record<string, unknown> }} options
   */
  constructor(Hls, video, url, { target, config }) {
    this.video = video;
    this.url = url;
    this.fixedTarget = target ?? null;
    this.stopping = new AbortController();
    this.clock = new ServerClock(this.stopping.signal);
    this.controller = new LatencyController(target ?? FIRST_TARGET);
    this.isFollowing = false;
    /** @type {any} */
    this.hls = null;
    this.hls = new Hls({
      ...lowLatencySettings(Hls, (index) => this.hls?.levels?.[index]), ...config,
    });
    this.hls.on(Hls.Events.LEVEL_LOADED, (/** @type {string} */ _, /** @type {any} */ data) => (
      this.learnTarget(data.details?.partHoldBack)));
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => { void this.followClock(); });
    this.hls.on(Hls.Events.ERROR, (/** @type {string} */ _, /** @type {any} */ data) => {
      if (data.fatal) void this.recover(data.type === Hls.ErrorTypes.MEDIA_ERROR);
    });
    this.hls.on(Hls.Events.DESTROYING, () => this.stopping.abort());
    const timer = setInterval(() => this.step(), STEP);
    this.stopping.signal.addEventListener('abort', () => clearInterval(timer));
    // hls.js 1.6.15 that has loaded a playlist of parts three times without a video element does
    // not seek to its start, and plays the oldest segment.
    this.hls.once(Hls.Events.MEDIA_ATTACHED, () => this.hls.loadSource(url));
    this.hls.attachMedia(video);
  }

  /** From the time of the shown frame to now on the server's clock, s; null while unknown. */
  get latency() {
    const date = this.hls?.playingDate;
    return date ? (this.clock.now() - date.getTime()) / 1000 : null;
  }

  /** The latency that is held, s. */
  get target() { return this.controller.target; }

  /** @param {number} seconds */
  set target(seconds) {
    this.fixedTarget = seconds;
    this.controller.request(seconds);
  }

  /** Ends the control, and destroys the instance. */
  stop() {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.hls.destroy();
  }

  /** @param {number | undefined} holdBack PART-HOLD-BACK, s */
  learnTarget(holdBack) {
    if (this.fixedTarget !== null || !holdBack || !(holdBack > 0)) return;
    const target = holdBack + ABOVE_HOLD_BACK;
    if (target !== this.controller.requested) this.controller.request(target);
  }

  /** Measures the server's clock until the end. */
  async followClock() {
    const { signal } = this.stopping, level = this.hls.levels?.[0]?.url;
    const playlist = Array.isArray(level) ? level[0] : level;
    if (!playlist || this.isFollowing) return;
    this.isFollowing = true;
    const { times } = servicesBeside(new URL('.', new URL(playlist, location.href)).href);
    while (!signal.aborted) {
      await this.clock.measure(times);
      await sleep(MEASUREMENT, signal);
    }
  }

  /** @param {boolean} isMediaError hls.js can recover by itself */
  async recover(isMediaError) {
    if (isMediaError) {
      this.hls.recoverMediaError();
      return;
    }
    await sleep(RETRY, this.stopping.signal);
    if (!this.stopping.signal.aborted) this.hls.loadSource(this.url);
  }

  /** One step of the control. Without parts, hls.js controls the latency itself. */
  step() {
    const { video, hls, controller, latency } = this, now = performance.now() / 1000;
    hls.config.maxFragLookUpTolerance = lookUpTolerance(video);
    if (latency === null || !hls.latestLevelDetails?.partList?.length) return;
    if (video.paused || video.seeking) return;
    const ahead = secondsAhead(video), rate = controller.step(now, latency, 0, ahead);
    if (video.playbackRate !== rate) video.playbackRate = rate;
    const seconds = controller.seek(now, latency, ahead);
    if (seconds > 0) video.currentTime += Math.min(seconds, Math.max(0, ahead - END_MARGIN));
  }
}

/**
 * @param {any} Hls the class of hls.js @param {HTMLVideoElement} video @param {string} url
 * @param {{ target?: number, config?: Record<string, unknown> }} [options]
 */
export function playLowLatency(Hls, video, url, options = {}) {
  return new LowLatencyPlayback(Hls, video, url, options);
}
