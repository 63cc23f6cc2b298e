// SPDX-License-Identifier: Apache-2.0
import { loadScript } from './script.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/**
 * dash.js, which holds the target by itself. It is played from this server alone (`streamer --dashjs FILE`): no sum of it
 * is known that would make another place safe.
 * @implements {Player}
 */
export class DashPlayer {
  /** @param {Host} host @param {number} target */
  constructor(host, target) {
    this.host = host;
    this.target = target;
    /** @type {any} */
    this.dash = null;
    this.stopped = false;
    this.lostAt = 0;
    this.movedAt = performance.now();
    this.lastTime = 0;
  }

  /** Where dash.js would be; null for a page that came from no server. */
  static get place() {
    return location.protocol === 'file:' ? null : new URL('/player/dash.all.min.js', location.href).href;
  }

  async start() {
    const scope = /** @type {any} */ (globalThis), url = DashPlayer.place;
    try {
      if (!scope.dashjs && url) await loadScript({ url });
    } catch { /* said below */ }
    if (this.stopped) return;
    if (!scope.dashjs?.MediaPlayer) return this.host.unfit('This server was not given dash.js');
    this.attach();
  }

  attach() {
    const { dashjs } = /** @type {any} */ (globalThis);
    const dash = dashjs.MediaPlayer().create();
    this.dash = dash;
    this.movedAt = performance.now();
    this.configure();
    const on = (/** @type {string} */ event, /** @type {(data: any) => void} */ body) => {
      dash.on(event, (/** @type {any} */ data) => { if (this.dash === dash) body(data); });
    };
    const { events } = dashjs.MediaPlayer;
    on(events.ERROR, (data) => {
      this.lostAt = performance.now();
      this.broken(`dash.js: ${data?.error?.message ?? data?.error?.code ?? data?.error ?? 'unknown error'}`);
    });
    on(events.PLAYBACK_PLAYING, () => this.host.status('live', 'Live'));
    dash.initialize(this.host.video, this.host.source, true);
  }

  /** The retries are those with which a restart of the server is a pause of a second, and not of ten. */
  configure() {
    this.dash?.updateSettings({
      streaming: {
        delay: { liveDelay: this.target },
        liveCatchup: { enabled: true },
        retryAttempts: { MPD: 20, MediaSegment: 10, lowLatencyMultiplyFactor: 10 },
        cmsd: { enabled: true, abr: { applyMb: true, etpWeightRatio: 0.5 } },
      },
    });
  }

  /** @param {number} target */
  aim(target) {
    this.target = target;
    this.configure();
  }

  /** @param {string} reason */
  broken(reason) {
    if (this.stopped || !this.dash) return;
    this.host.status('wait', 'Reconnecting', `${reason}; starting again`);
    this.dash.reset();
    this.dash = null;
    setTimeout(() => { if (!this.stopped) this.attach(); }, 1000);
  }

  stop() {
    this.stopped = true;
    this.dash?.reset();
    this.dash = null;
  }

  tick() {
    const now = performance.now(), { video } = this.host;
    if (video.currentTime !== this.lastTime || video.paused || document.hidden) {
      this.lastTime = video.currentTime;
      this.movedAt = now;
    } else if (now - this.movedAt > 10000 && this.dash) {
      this.movedAt = now;
      this.broken('the picture stood still for 10 s');
    }
  }

  behind() {
    const latency = this.dash?.getCurrentLiveLatency?.();
    return latency > 0 ? latency : null;
  }

  held() { return false; }

  sound() { return null; }

  lowest() { return 0; }

  /** @param {number} since */
  steady(since) { return this.lostAt < since; }

  jump() {}
}
