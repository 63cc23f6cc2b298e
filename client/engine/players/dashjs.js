// SPDX-License-Identifier: Apache-2.0
// dash.js, which controls the latency itself.

import { sleep } from '../../shared/deadline.js';
import { Progress } from '../clock/progress.js';
import { EncryptedMedia } from '../feed/encrypted-media.js';
import { substituteFor } from '../renditions/avoidance.js';
import { withNewestToken } from '../transport/playback-tokens.js';
import { EVENT_SCHEME, eventOf } from '../transport/stream-events.js';
import { DashCaptions, withoutClosedCaptions } from './dash-captions.js';
import { withoutContentProtection, withoutProtection } from './dash-keys.js';
import { STOP_TIMEOUT } from './player.js';
import { loadScript } from './script.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/**
 * dash.js is loaded from this server only (`streamer --dashjs FILE`): no sum of it is known that
 * would make another location safe.
 * @implements {Player}
 */
export class DashPlayer {
  /** @param {Host} host @param {number} target @param {string | null} url of dash.js */
  constructor(host, target, url) {
    this.host = host;
    this.target = target;
    this.url = url;
    /** @type {any} */
    this.dash = null;
    /** @type {DashCaptions | null} */
    this.captions = null;
    /** @type {EncryptedMedia | null} */
    this.encrypted = null;
    this.stopping = new AbortController();
    this.lostAt = 0;
    this.progress = new Progress(host.video);
    /** @type {Set<number>} renditions that are not loaded, from the top one */
    this.avoided = new Set();
    /**
     * The id of the representation in whose place another one is held; null while dash.js chooses.
     * @type {string | null}
     */
    this.replaced = null;
    /** Whether that representation had no media, by the server. */
    this.wasMissing = false;
  }

  get isStopped() { return this.stopping.signal.aborted; }

  async start() {
    const scope = /** @type {any} */ (globalThis), { url } = this;
    try {
      if (!scope.dashjs && url) await loadScript({ url });
    } catch { /* reported below */ }
    if (this.isStopped) return;
    if (!scope.dashjs?.MediaPlayer) this.host.unsupported('This server has no dash.js');
    else this.attach();
  }

  attach() {
    const { dashjs } = /** @type {any} */ (globalThis);
    const dash = dashjs.MediaPlayer().create();
    const captions = new DashCaptions((...found) => this.host.addCaptions(...found));
    this.encrypted?.forget();
    this.encrypted ??= new EncryptedMedia(
      this.host.video, () => this.host.source, (...found) => this.host.cannotDecrypt(...found));
    this.dash = dash;
    this.captions = captions;
    this.replaced = null;
    this.wasMissing = false;
    this.progress.reset();
    this.configure();
    const on = (/** @type {string} */ event, /** @type {(data: any) => void} */ body) => {
      dash.on(event, (/** @type {any} */ data) => { if (this.dash === dash) body(data); });
    };
    const { events } = dashjs.MediaPlayer;
    on(events.ERROR, (data) => {
      this.lostAt = performance.now();
      const error = data?.error;
      this.recover(`dash.js: ${error?.message ?? error?.code ?? error ?? 'unknown error'}`);
    });
    on(EVENT_SCHEME, ({ event }) => this.raise(event));
    on(events.PLAYBACK_PLAYING, () => this.host.status('live', 'Live'));
    on(events.FRAGMENT_LOADING_PROGRESS, (loaded) => captions.take(loaded));
    on(events.FRAGMENT_LOADING_COMPLETED, (loaded) => captions.take(loaded));
    dash.addRequestInterceptor?.(async (/** @type {any} */ request) => (
      Object.assign(request, { url: withNewestToken(request.url) })));
    dash.addResponseInterceptor?.(async (/** @type {any} */ response) => {
      const { data } = response;
      return typeof data !== 'string' ? response
        : Object.assign(response, { data: withoutContentProtection(withoutClosedCaptions(data)) });
    });
    withoutProtection(dashjs, () => {
      dash.initialize(this.host.video, this.host.source, true);
    });
  }

  /** With these retries a restart of the server pauses playback for 1 s; by default, for 10 s. */
  configure() {
    this.dash?.updateSettings({
      streaming: {
        delay: { liveDelay: this.target },
        liveCatchup: { enabled: true, maxDrift: 0.5, playbackRate: { min: -0.06, max: 0.2 } },
        retryAttempts: { MPD: 20, MediaSegment: 10, lowLatencyMultiplyFactor: 10 },
        text: { defaultEnabled: false },  // playback shows captions
        cmsd: { enabled: true, abr: { applyMb: true, etpWeightRatio: 0.5 } },
      },
    });
  }

  /**
   * dash.js raises an event when its frame is shown: its time is that of this frame.
   * @param {any} event
   */
  raise(event) {
    const { messageData, id } = event ?? {}, latency = this.latency();
    if (!(messageData instanceof Uint8Array) || latency === null) return;
    const time = this.host.clock.now() - latency * 1000;
    const text = new TextDecoder().decode(messageData);
    this.host.addEvent(eventOf(`{"id":${Number(id)},"time":${time},"data":${text}}`));
  }

  /** @param {number} target */
  setTarget(target) {
    this.target = target;
    this.configure();
  }

  /** @param {string} reason */
  recover(reason) {
    if (this.isStopped || !this.dash) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    this.dash.reset();
    this.dash = null;
    void sleep(1000, this.stopping.signal).then(() => { if (!this.isStopped) this.attach(); });
  }

  stop() {
    this.stopping.abort();
    this.encrypted?.stop();
    this.dash?.reset();
    this.dash = null;
  }

  /** Seeks to the live position. */
  toEdge() { this.dash?.seekToOriginalLive?.(); }

  /** The representations of the video, the top one first, and the index of the present one. */
  representations() {
    const all = this.dash?.getRepresentationsByType?.('video') ?? [];
    const order = [...all].sort((a, b) => b.bandwidth - a.bandwidth);
    const { id } = this.dash?.getCurrentRepresentationForType?.('video') ?? {};
    return { order, current: order.findIndex((representation) => representation.id === id) };
  }

  renditionInUse() {
    const { order, current } = this.representations();
    return { count: order.length, current };
  }

  /** @param {Set<number>} indices @param {Set<number>} [missing] those without media */
  avoid(indices, missing = new Set()) {
    this.avoided = new Set(indices);
    this.leaveAvoided();
    if (this.replaced === null) return;
    const { order } = this.representations();
    if (missing.has(order.findIndex(({ id }) => id === this.replaced))) this.wasMissing = true;
  }

  /** Holds another representation while the present one is avoided. */
  leaveAvoided() {
    const { avoided, dash } = this;
    if (!dash || avoided.size === 0 && this.replaced === null) return;
    const { order, current } = this.representations();
    if (avoided.size === 0) {
      this.release(order);
      return;
    }
    const other = substituteFor(current, order.length, avoided);
    if (current < 0 || other === current) return;
    this.replaced ??= order[current].id;
    this.choosesItself(false);
    dash.setRepresentationForTypeById('video', order[other].id, true);
  }

  /**
   * Lets dash.js choose again. A representation that has media again is shown at once: dash.js was
   * seen to stay with the lower one. One that was left because the display stood still is not:
   * the connection may be too slow for it.
   * @param {{ id: string }[]} order
   */
  release(order) {
    const { dash, replaced, wasMissing } = this;
    this.replaced = null;
    this.wasMissing = false;
    if (wasMissing && order.some(({ id }) => id === replaced)) {
      dash.setRepresentationForTypeById('video', replaced, false);
    }
    this.choosesItself(true);
  }

  /** @param {boolean} video whether dash.js chooses the representation of the video */
  choosesItself(video) {
    this.dash.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video } } } });
  }

  update() {
    if (this.avoided.size > 0) this.leaveAvoided();
    if (this.progress.stoppedFor(performance.now()) <= STOP_TIMEOUT || !this.dash) return;
    this.progress.reset();
    this.recover('no new frame for 10 s');
  }

  /**
   * By the page's offset of the server's clock, which events and captions are compared with: that
   * of dash.js differs.
   */
  latency() {
    const latency = this.dash?.getCurrentLiveLatency?.(), start = this.captions?.start ?? null;
    if (!(latency > 0)) return null;
    if (start === null) return latency;
    return (this.host.clock.now() - start) / 1000 - this.host.video.currentTime;
  }

  isControlled() { return false; }

  hasAudio() { return null; }

  /** The tracks of AAC; one with the same audio in another codec is no choice. */
  aacTracks() {
    const tracks = /** @type {any[]} */ (this.dash?.getTracksFor?.('audio') ?? []);
    return tracks.filter(({ codec }) => /mp4a/i.test(String(codec)));
  }

  audioTracks() {
    const tracks = this.aacTracks();
    const current = this.dash?.getCurrentTrackFor?.('audio')?.id;
    if (tracks.length === 0) return null;
    const names = tracks.map(({ labels, lang, id }) => labels?.[0]?.text ?? lang ?? String(id));
    return { names, current: tracks.findIndex(({ id }) => id === current) };
  }

  /** @param {number} index */
  chooseAudio(index) {
    const track = this.aacTracks()[index];
    if (track) this.dash.setCurrentTrack(track);
  }

  renditions() { return null; }

  chooseRendition() {}

  minimumTarget() { return 0; }

  /** @param {number} time */
  wasConnectedSince(time) { return this.lostAt < time; }

  seekBy() {}
}
