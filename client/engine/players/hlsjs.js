// SPDX-License-Identifier: Apache-2.0
// hls.js in low-latency mode.

import { sleep } from '../../shared/deadline.js';
import { isRefusal, messageOf, StatusError } from '../../shared/errors.js';
import { EdgeReturn } from '../clock/edge-return.js';
import { Progress } from '../clock/progress.js';
import { EncryptedMedia } from '../feed/encrypted-media.js';
import { substituteFor } from '../renditions/avoidance.js';
import { renditionNames } from '../renditions/rendition-names.js';
import { hasTokens, withNewestToken } from '../transport/playback-tokens.js';
import { eventOfDateRange } from '../transport/stream-events.js';
import { HlsCaptions, observed } from './hls-captions.js';
import { lookUpTolerance, lowLatencySettings } from './hls-settings.js';
import { STOP_TIMEOUT } from './player.js';
import { loadScript } from './script.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */
/** @typedef {import('./script.js').ScriptLocation} ScriptLocation */

/** A seek to the end of the buffered media is to this time before the end, s. */
const EDGE_MARGIN = 0.1;

/** @implements {Player} */
export class HlsPlayer {
  /** @param {Host} host @param {ScriptLocation[]} locations */
  constructor(host, locations) {
    this.host = host;
    this.locations = locations;
    /** @type {any} */
    this.hls = null;
    this.stopping = new AbortController();
    /**
     * hls.js 1.6.15 asks for no licence of ClearKey.
     * @type {EncryptedMedia | null}
     */
    this.encrypted = null;
    this.recoveredAt = -Infinity;
    this.lostAt = 0;
    this.progress = new Progress(host.video);
    this.edgeReturn = new EdgeReturn();
    /** @type {Set<number>} renditions that are not loaded, from the top one */
    this.avoided = new Set();
    /** @type {number | null} the viewer's choice */
    this.requested = null;
    /** @type {string | null} the name of the viewer's audio track */
    this.requestedAudio = null;
    /** Since when hls.js has wanted to play at another position. */
    this.displacedAt = performance.now();
  }

  get isStopped() { return this.stopping.signal.aborted; }

  async start() {
    const scope = /** @type {any} */ (globalThis);
    const errors = [];
    for (const location of scope.Hls ? [] : this.locations) {
      try {
        await loadScript(location);
        if (scope.Hls) break;
      } catch (error) { errors.push(messageOf(error)); }
    }
    if (this.isStopped) return;
    if (!scope.Hls) this.host.unsupported(`hls.js could not be loaded (${errors.join('; ')})`);
    else if (scope.Hls.isSupported()) this.attach();
    else this.host.unsupported('hls.js needs Media Source Extensions');
  }

  attach() {
    const { Hls } = /** @type {any} */ (globalThis);
    this.encrypted?.forget();
    this.encrypted ??= new EncryptedMedia(
      this.host.video, () => this.host.source, (...found) => this.host.cannotDecrypt(...found));
    this.progress.reset();
    const captions = new HlsCaptions(
      (...found) => this.host.addCaptions(...found), (event) => this.host.addEvent(event));
    const Loader = observed(Hls.DefaultConfig.loader, (...loaded) => captions.take(...loaded));
    const hls = new Hls({
      // hls.js keeps the addresses of media; a request that is opened here has the newest token.
      ...hasTokens() && { xhrSetup: (/** @type {XMLHttpRequest} */ request,
        /** @type {string} */ url) => request.open('GET', withNewestToken(url), true) },
      ...lowLatencySettings(Hls, (level) => this.hls?.levels?.[level],
        (level) => this.allowedLevel(level), Loader),
      // Playback shows captions; without these, hls.js neither loads nor shows WebVTT, and with
      // the last setting it does not show those in the video.
      subtitleStreamController: undefined,
      subtitleTrackController: undefined,
      enableCEA708Captions: false,
    });
    this.hls = hls;
    const on = (/** @type {string} */ event, /** @type {(data: any) => void} */ body) => {
      hls.on(event, (/** @type {string} */ _, /** @type {any} */ data) => {
        if (this.hls === hls) body(data);
      });
    };
    on(Hls.Events.ERROR, (data) => this.failed(data, Hls.ErrorTypes));
    on(Hls.Events.MANIFEST_PARSED, () => this.applyChoice());
    on(Hls.Events.AUDIO_TRACKS_UPDATED, () => this.applyAudio());
    on(Hls.Events.LEVEL_LOADED, ({ details }) => {
      if (details?.partHoldBack > 0) this.host.setTargets(details.partHoldBack + 0.05, 0);
    });
    on(Hls.Events.LEVEL_UPDATED, ({ details, level }) => {
      const newest = details?.partList?.at(-1) ?? details?.fragments?.at(-1);
      if (newest?.gap) this.host.leaveRendition(this.levelOrder().indexOf(level));
      for (const range of Object.values(details?.dateRanges ?? {})) {
        this.host.addEvent(eventOfDateRange(/** @type {any} */ (range)));
      }
    });
    on(Hls.Events.FRAG_BUFFERED, () => this.host.status('live', 'Live'));
    hls.loadSource(this.host.source);
    hls.attachMedia(this.host.video);
  }

  /** @param {any} data of the event @param {Record<string, string>} types of errors */
  failed({ details, response, type, fatal }, types) {
    if (isRefusal(response?.code)) {
      const error = new StatusError('hls.js', {
        status: response.code, headers: new Headers(),
      });
      if (this.host.refused?.(error)) return;
    }
    const text = `hls.js: ${details}${response?.code ? ` (${response.code})` : ''}`;
    const isNetwork = type === types.NETWORK_ERROR;
    if (fatal || isNetwork) this.lostAt = performance.now();
    if (fatal) this.recover(text, type === types.MEDIA_ERROR);
    else if (isNetwork) this.host.status('wait', 'Reconnecting', `${text}; trying again`);
  }

  /** @param {string} reason @param {boolean} [isMediaError] hls.js can recover by itself */
  recover(reason, isMediaError = false) {
    if (this.isStopped || !this.hls) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    const now = performance.now();
    if (isMediaError && now - this.recoveredAt > 3000) {
      this.recoveredAt = now;
      this.hls.recoverMediaError();
      return;
    }
    this.hls.destroy();
    this.hls = null;
    void sleep(1000, this.stopping.signal).then(() => { if (!this.isStopped) this.attach(); });
  }

  stop() {
    this.stopping.abort();
    this.encrypted?.stop();
    this.hls?.destroy();
    this.hls = null;
  }

  setTarget() {}

  update() {
    const now = performance.now(), { video } = this.host;
    const stopped = this.progress.stoppedFor(now);
    if (stopped > STOP_TIMEOUT && this.hls) {
      this.progress.reset();
      this.recover('no new frame for 10 s');
    } else this.followSyncPosition(stopped, now);
    if (!this.hls) return;
    this.returnToEdge(now);
    this.hls.config.maxFragLookUpTolerance = lookUpTolerance(video);
  }

  /**
   * Seeks to the live position if playback stays stopped. hls.js 1.6.15 may stop loading before
   * segment numbers without media, if it finds them in the audio playlist first.
   * @param {number} stopped ms @param {number} now
   */
  followSyncPosition(stopped, now) {
    const { video } = this.host;
    if (stopped === 0) this.displacedAt = now;
    if (!this.hls || video.seeking) return;
    const position = this.hls.liveSyncPosition;
    if (stopped < 500 || !(position - video.currentTime > 1.5)) this.displacedAt = now;
    else if (now - this.displacedAt > 2000) {
      this.displacedAt = now;
      video.currentTime = position;
    }
  }

  /**
   * Seeks to the live edge if hls.js stays late. Behind a link with losses it requests one part
   * after another, and each takes a round trip: its buffer grows slowly, or never.
   * @param {number} now ms
   */
  returnToEdge(now) {
    const { host } = this, { video } = host, latency = this.latency();
    if (latency === null || host.sync !== null || !this.isControlled()) return;
    if (video.paused || video.seeking) return;
    const parts = /** @type {any[]} */ (this.hls.latestLevelDetails.partList);
    const starts = parts.filter(({ independent }) => independent).map(({ start }) => start);
    const start = this.edgeReturn.step(
      now / 1000, latency, host.need(), video.currentTime, starts);
    if (start !== null) video.currentTime = start;
  }

  latency() {
    const date = this.hls?.playingDate;
    if (date) return (this.host.clock.now() - date.getTime()) / 1000;
    return this.hls && this.hls.latency > 0 ? this.hls.latency : null;
  }

  hasAudio() {
    const { hls } = this;
    if (!hls?.levels?.length) return null;
    const isAudio = (/** @type {any} */ level) => Boolean(level.audioCodec);
    return hls.audioTracks.length > 0 || hls.levels.some(isAudio);
  }

  audioTracks() {
    const { hls } = this;
    if (!hls?.audioTracks?.length) return null;
    const names = hls.audioTracks.map((/** @type {any} */ { name }) => String(name));
    return { names, current: hls.audioTrack };
  }

  /** @param {number} index */
  chooseAudio(index) {
    this.requestedAudio = this.audioTracks()?.names[index] ?? null;
    this.applyAudio();
  }

  applyAudio() {
    const choice = this.audioTracks();
    const index = choice?.names.indexOf(this.requestedAudio ?? '') ?? -1;
    if (choice && index >= 0 && index !== choice.current) this.hls.audioTrack = index;
  }

  renditions() {
    const { hls } = this;
    if (!hls?.levels?.length) return null;
    const order = this.levelOrder(), names = renditionNames(order.map((i) => hls.levels[i]));
    const requested = this.requested === null ? null : names[this.requested] ?? null;
    return { names, current: order.indexOf(hls.currentLevel), requested };
  }

  /** @param {string | null} name */
  chooseRendition(name) {
    const index = this.renditions()?.names.indexOf(name ?? '') ?? -1;
    this.requested = index < 0 ? null : index;
    this.applyChoice();
  }

  applyChoice() {
    const { hls, requested } = this;
    if (!hls) return;
    const level = requested === null ? -1 : this.allowedLevel(this.levelOrder()[requested]);
    if (hls.manualLevel !== level) hls.nextLevel = level;
  }

  /** @param {number} level @returns {number} the level in its place, if it is avoided */
  allowedLevel(level) {
    if (this.avoided.size === 0 || level < 0 || !this.hls?.levels) return level;
    const order = this.levelOrder();
    return order[substituteFor(order.indexOf(level), order.length, this.avoided)] ?? level;
  }

  /** @param {Set<number>} indices */
  avoid(indices) {
    this.avoided = new Set(indices);
    this.applyChoice();
  }

  /** @param {Player} before */
  inherit(before) {
    if (!(before instanceof HlsPlayer)) return;
    this.requested = before.requested;
    this.requestedAudio = before.requestedAudio;
    this.avoided = before.avoided;
  }

  /** Loads again from the live position. */
  toEdge() {
    const { hls } = this, { video } = this.host;
    if (!hls || video.seeking) return;
    hls.stopLoad();
    hls.startLoad();
    const { buffered, currentTime } = video, position = hls.liveSyncPosition ?? 0;
    const end = buffered.length > 0 ? buffered.end(buffered.length - 1) - EDGE_MARGIN : 0;
    // Also a short seek makes the decoder begin again.
    video.currentTime = Math.max(currentTime, end, position > currentTime + 0.5 ? position : 0);
  }

  /** The indices of the levels, the top rendition first. */
  levelOrder() {
    const levels = /** @type {{ bitrate: number }[]} */ (this.hls.levels);
    return levels.map((_, i) => i).sort((a, b) => levels[b].bitrate - levels[a].bitrate);
  }

  /** Without parts hls.js keeps seconds of buffer, and controls the latency itself. */
  isControlled() {
    return Boolean(this.hls?.latestLevelDetails?.partList?.length && this.hls.playingDate);
  }

  minimumTarget() { return 0; }

  /** @param {number} time */
  wasConnectedSince(time) { return this.lostAt < time; }

  /** @param {number} seconds */
  seekBy(seconds) {
    const { video } = this.host, ranges = video.buffered;
    if (ranges.length === 0) return;
    const start = ranges.start(ranges.length - 1), end = ranges.end(ranges.length - 1);
    video.currentTime = Math.max(start, Math.min(video.currentTime + seconds, end - 0.1));
  }
}
