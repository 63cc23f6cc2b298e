// SPDX-License-Identifier: Apache-2.0
import { segmentNames } from './playlist.js';
import { timesOf } from './mpd.js';
import { ServerClock } from './clock.js';
import { pause, within } from './deadline.js';
import { LatencyController } from './latency.js';
import { ahead, mediaSourceClass } from './media-source.js';
import { loadPlaylist } from './transport.js';
import { MPD_TARGET, STALL_COUNTS, TARGETS, TITLES, isMPD, kindNamed, otherFormat } from './players/player.js';
import { FramePlayer } from './players/frames.js';
import { hlsPlaces } from './players/script.js';
import { HlsPlayer } from './players/hlsjs.js';
import { DashPlayer } from './players/dashjs.js';
import { NativePlayer } from './players/native.js';
import { Panel, element, milliseconds, timeOfDay } from './panel.js';
import { FrameWatch } from './frame-watch.js';
import { timestampFacts } from './timestamps.js';
/** @typedef {import('./players/player.js').Host} Host */
/** @typedef {import('./players/player.js').Player} Player */
/** @typedef {import('./players/player.js').Kind} Kind */

/** Puts players, figures and controls together, and publishes `window.__player` for tests. */
export class Page {
  constructor() {
    const query = new URLSearchParams(location.search);
    this.video = element('video', HTMLVideoElement);
    this.clock = new ServerClock();
    this.panel = new Panel();
    this.watch = new FrameWatch(this.video, this.clock);
    this.source = this.sourceFrom(query.get('src'));
    const { places, refused } = hlsPlaces(query.get('hlsjs'), location.href);
    this.places = places;
    if (refused) this.panel.message('script', refused, 'warn');
    const target = parseFloat(query.get('target') ?? '');
    /** @type {number | null} asked for, s */
    this.target = target >= 0.05 && target <= 10 ? target : null;
    /** @type {number | null} what the player says suits the stream, s */
    this.suiting = null;
    /** the least that the stream allows, s */
    this.least = 0;
    /** @type {Kind} */
    this.kind = 'frames';
    /** @type {Player | null} */
    this.player = null;
    /** @type {Set<Kind>} players that could not play this stream */
    this.unfit = new Set();
    this.controller = new LatencyController(TARGETS.frames);
    /** @type {number | null} s */
    this.behind = null;
    this.playing = false;
    /** @type {{ at: number, seconds: number } | null} */
    this.stall = null;
    this.stallTime = 0;
    this.stillAt = 0;
    this.lastStall = -Infinity;
    this.movedAt = performance.now();
    this.lastTime = 0;
    /** @type {{ stats: string, times: string[] } | null} */
    this.services = null;
    this.statsFailures = 0;
    /**
     * For tests and scripts. `time`: currentTime, s; `clock`: burned clock, Unix ms; `latencyMs`: what is
     * shown behind the server's clock, by PROGRAM-DATE-TIME; `stalls[].at`: Unix ms on the server's clock;
     * `sound`: whether the stream has any, null while unknown; `samples`: [shown, burned clock], Unix ms, newest last, at most 4096.
     */
    this.state = {
      player: /** @type {Kind} */ ('frames'), status: 'wait', source: this.source,
      time: 0, clock: /** @type {number | null} */ (null),
      glassToGlassMs: /** @type {number | null} */ (null), latencyMs: /** @type {number | null} */ (null),
      bufferSeconds: 0, rate: 1, target: 0,
      stalls: /** @type {{ at: number, seconds: number }[]} */ ([]),
      framesShown: 0, framesDropped: 0, undecoded: 0, sound: /** @type {boolean | null} */ (null),
      errors: /** @type {{ at: number, text: string }[]} */ ([]),
      clockOffsetMs: 0, samples: this.watch.samples,
    };
    /** @type {any} */ (globalThis).__player = this.state;
    this.wire();
    const asked = query.get('player'), kind = kindNamed(asked);
    if (asked !== null && kind === null) this.panel.message('player', `There is no player "${asked}": frames, hlsjs, dashjs or native`, 'warn');
    if (kind !== null) this.play(kind);
    else if (isMPD(this.source)) void this.playManifest();
    else this.play(mediaSourceClass() ? 'frames' : 'native');
    this.watch.start();
    setInterval(() => this.tick(), 50);
    setInterval(() => this.show(), 250);
    void this.keepClock();
    void this.keepStatistics();
  }

  /** @param {string | null} asked `?src=` */
  sourceFrom(asked) {
    const web = location.protocol !== 'file:';
    const upload = location.pathname.match(/^(.*)\/ldash\/play\/([^/]+)(?:\/(?:manifest\.mpd)?)?$/);
    const name = upload ? `${upload[1]}/${upload[2]}/manifest.mpd` : location.pathname === '/' ? '/live.m3u8' : 'playlist.m3u8';
    const usual = web ? new URL(name, location.href).href : 'http://localhost:8080/live.m3u8';
    if (!asked) return usual;
    try {
      const url = new URL(asked, web ? location.href : undefined);
      if (url.protocol === 'http:' || url.protocol === 'https:') return url.href;
    } catch { /* said below */ }
    this.panel.message('src', `?src=${asked} is no http or https URL; playing ${usual}`, 'warn');
    return usual;
  }

  wire() {
    const { video } = this, main = element('main', HTMLElement);
    const sound = element('sound', HTMLButtonElement), panel = element('panel', HTMLElement);
    const restore = element('restore', HTMLButtonElement);
    video.muted = true;
    const mute = () => { video.muted = !video.muted; };
    video.addEventListener('volumechange', () => this.showSound());
    const hide = () => {
      panel.hidden = !panel.hidden;
      restore.hidden = !panel.hidden;
      main.classList.toggle('bare', panel.hidden);
      (panel.hidden ? restore : element('hide', HTMLButtonElement)).focus({ preventScroll: true });
    };
    const full = () => {
      const done = document.fullscreenElement ? document.exitFullscreen() : main.requestFullscreen();
      done.catch(() => this.panel.message('full', 'Full screen was refused by the browser', 'warn'));
    };
    sound.addEventListener('click', mute);
    element('hide', HTMLButtonElement).addEventListener('click', hide);
    restore.addEventListener('click', hide);
    element('full', HTMLButtonElement).addEventListener('click', full);
    /** @type {Record<string, () => void>} */
    const keys = { m: mute, f: full, i: hide };
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
      keys[event.key]?.();
    });
    for (const radio of document.querySelectorAll('input[name="player"]')) {
      radio.addEventListener('change', () => {
        this.unfit.clear();
        for (const key of ['player', 'script', 'src']) this.panel.message(key);
        const kind = /** @type {Kind} */ (/** @type {HTMLInputElement} */ (radio).value);
        this.play(kind);
        this.remember('player', kind);
      });
    }
    const select = element('target', HTMLSelectElement);
    if (this.target !== null) {
      const known = [...select.options].some((option) => option.value === String(this.target));
      if (!known) select.add(new Option(`${this.target} s`, String(this.target)));
      select.value = String(this.target);
    }
    select.addEventListener('change', () => {
      this.target = select.value === '' ? null : parseFloat(select.value);
      this.remember('target', select.value);
      this.retarget();
    });
    video.addEventListener('playing', () => { this.playing = true; this.panel.message('play'); });
    video.addEventListener('waiting', () => this.stalled());
    video.addEventListener('error', () => {
      if (video.error && video.getAttribute('src')) this.fault(`the browser's decoder: ${video.error.message || `code ${video.error.code}`}`);
    });
    video.addEventListener('loadeddata', () => this.begin());
    document.addEventListener('visibilitychange', () => {
      this.movedAt = performance.now();
      if (!document.hidden) {
        this.begin();
        void this.askClock();
      }
    });
    document.addEventListener('pointerdown', () => { if (video.paused) this.begin(); });
  }

  /**
   * Keeps a choice in the address, where the browser allows it.
   * @param {string} name @param {string} value
   */
  remember(name, value) {
    const url = new URL(location.href);
    if (value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    try { history.replaceState(null, '', url); } catch { /* not from file:// everywhere */ }
  }

  begin() {
    this.video.play().catch((error) => {
      if (error.name === 'NotAllowedError') this.panel.message('play', 'The browser wants a click before it plays');
    });
  }

  /** An MPD: with dash.js where this server has it, else with our own player. */
  async playManifest() {
    let found = false;
    if (DashPlayer.place) try {
      const response = await fetch(new URL('scripts.json', DashPlayer.place).href, { signal: within(3000) });
      found = (await response.json()).includes('dash.all.min.js');
    } catch { /* another server, or none */ }
    if (!this.player) this.play(found ? 'dashjs' : 'frames');
  }

  /** @param {Kind} kind @returns {number} s: as asked for, if the stream allows it, or what suits the stream */
  aimOf(kind) { return Math.max(this.least, this.target ?? this.suiting ?? this.usualTarget(kind)); }

  /** @param {Kind} kind @returns {number} s */
  usualTarget(kind) { return kind === 'frames' && isMPD(this.source) ? MPD_TARGET : TARGETS[kind]; }

  /** @param {Kind} kind */
  play(kind) {
    this.player?.stop();
    // Each reads its own format; the frame player reads both.
    if (kind !== 'frames' && isMPD(this.source) !== (kind === 'dashjs')) {
      this.source = otherFormat(this.source) ?? this.source;
      this.state.source = this.source;
    }
    this.playing = false;
    this.stall = null;
    this.behind = null;
    this.kind = kind;
    this.watch.reset();
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.crossOrigin = 'anonymous';
    this.video.load();
    const radio = document.querySelector(`input[name="player"][value="${kind}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
    this.least = 0;
    this.suiting = null;
    const target = this.aimOf(kind);
    this.controller = new LatencyController(target);
    this.panel.message('trouble');
    this.panel.state('wait', 'Connecting');
    /** @type {Player} */
    let player;
    const mine = () => this.player === player;
    /** @type {Host} */
    const host = {
      video: this.video, clock: this.clock, source: this.source,
      status: (state, text, trouble) => { if (mine()) this.status(state, text, trouble); },
      unfit: (why) => { if (mine()) this.fallBack(why); },
      doubtClock: () => void this.askClock(),
      suits: (usual, least) => {
        if (!mine() || (this.suiting === usual && this.least === least)) return;
        this.suiting = usual;
        this.least = least;
        this.retarget();
      },
    };
    player = kind === 'frames' ? new FramePlayer(host, target) : kind === 'hlsjs' ? new HlsPlayer(host, this.places)
      : kind === 'dashjs' ? new DashPlayer(host, target) : new NativePlayer(host);
    this.player = player;
    this.state.player = kind;
    player.start();
  }

  /** @param {'live' | 'wait' | 'dead'} kind @param {string} text @param {string} [trouble] */
  status(kind, text, trouble) {
    this.state.status = kind;
    this.panel.state(kind, text);
    this.panel.message('trouble', trouble, kind === 'dead' ? 'bad' : 'warn');
    if (trouble) this.record(trouble);
    if (kind === 'live') this.begin();
  }

  /** @param {string} text */
  record(text) {
    const { errors } = this.state;
    if (errors[errors.length - 1]?.text !== text) errors.push({ at: this.clock.now(), text });
    if (errors.length > 100) errors.shift();
  }

  /** @param {string} reason */
  fault(reason) {
    this.record(reason);
    this.player?.broken(reason);
  }

  /**
   * The next player that has not failed on this stream.
   * @param {string} why
   */
  fallBack(why) {
    this.record(why);
    this.unfit.add(this.kind);
    /** @type {Kind[]} */
    const order = isMPD(this.source) ? ['frames', 'dashjs'] : ['frames', 'hlsjs', 'native'];
    const next = order.find((kind) => !this.unfit.has(kind));
    if (!next) {
      this.status('dead', 'Cannot play', why);
      return;
    }
    this.panel.message('player', `${why}: playing with the ${TITLES[next]} instead`.replace('the hls.js', 'hls.js'), 'warn');
    this.play(next);
  }

  retarget() {
    const target = this.aimOf(this.kind);
    if (target !== this.controller.wanted) this.controller.want(target);
    if (this.player instanceof FramePlayer) this.player.target = target;
    if (this.player instanceof DashPlayer) this.player.aim(target);
    // On an MPD the latency walks in; elsewhere it is taken at once.
    if (this.behind !== null && Math.abs(this.behind - target) > (isMPD(this.source) ? 3 : 0.2) && this.player?.held()) {
      this.player?.jump(this.behind - target, performance.now());
    }
  }

  /** A stall: waiting after the first playing, outside a seek, at most once a second. */
  stalled() {
    const now = performance.now();
    if (!this.playing || this.stall || this.video.seeking || this.video.paused || document.hidden) return;
    if (now - this.lastStall < 1000) return;
    this.lastStall = now;
    this.stallTime = this.video.currentTime;
    this.stillAt = now;
    this.stall = { at: this.clock.now(), seconds: 0 };
    this.state.stalls.push(this.stall);
    if (this.state.stalls.length > 1000) this.state.stalls.shift();
  }

  /**
   * A stall ends when the picture moves again, and stays moving. It raises the target unless it came of a
   * lost connection, which no buffer of this length would have bridged.
   * @param {Player} player @param {number} now
   */
  followStall(player, now) {
    const { stall, video } = this;
    if (!stall) return;
    const moved = video.currentTime !== this.stallTime && !video.seeking && video.readyState >= 3;
    this.stallTime = video.currentTime;
    if (!moved) this.stillAt = now;
    stall.seconds = (this.stillAt - this.lastStall) / 1000;
    if (now - this.stillAt < 90) return;
    this.stall = null;
    if (stall.seconds < 0.03) this.state.stalls.pop();  // shorter than a frame: nobody saw it
    if (stall.seconds > STALL_COUNTS[this.kind] && player.steady(this.lastStall)) this.controller.stalled(now / 1000);
  }

  tick() {
    const { video, player, controller } = this, now = performance.now();
    if (!player) return;
    player.tick();
    if (video.currentTime !== this.lastTime || video.paused || document.hidden) {
      this.lastTime = video.currentTime;
      this.movedAt = now;
    } else if (now - this.movedAt > 300) this.stalled();  // some stalls come without an event
    this.followStall(player, now);
    this.behind = player.behind();
    if (player.held() && this.behind !== null && !video.paused && !video.seeking) {
      const rate = controller.step(now / 1000, this.behind, player.lowest());
      if (video.playbackRate !== rate) video.playbackRate = rate;
      const error = this.behind - controller.target;
      if (error > (isMPD(this.source) ? 3 : 1)) player.jump(error, now);
    }
    this.publish();
  }

  publish() {
    const { video, state, watch } = this;
    state.time = video.currentTime;
    state.clock = watch.stamp;
    state.glassToGlassMs = watch.glassToGlass();
    state.latencyMs = this.behind === null ? null : this.behind * 1000;
    state.rate = video.playbackRate;
    state.target = this.controller.target;
    state.framesShown = watch.shown;
    state.framesDropped = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
    state.undecoded = watch.undecoded;
    state.samples = watch.samples;
    state.clockOffsetMs = this.clock.offset;
    state.sound = this.player?.sound() ?? null;
    state.bufferSeconds = ahead(video);
  }

  /** The button says what it does; without sound it does nothing. */
  showSound() {
    const button = element('sound', HTMLButtonElement), none = this.state.sound === false;
    const text = none ? 'No sound' : this.video.muted ? 'Unmute' : 'Mute';
    if (button.textContent !== text) button.textContent = text;
    button.disabled = none;
  }

  show() {
    const { panel, state } = this;
    this.showSound();
    if (document.hidden || element('panel', HTMLElement).hidden) return;
    const paused = state.stalls.reduce((sum, stall) => sum + stall.seconds, 0);
    panel.glass(state.glassToGlassMs);
    panel.figure('Wall clock (UTC)', timeOfDay(this.clock.now()));
    panel.figure('Burned clock (UTC)', timeOfDay(state.clock));
    panel.figure('Wall − burned', milliseconds(state.clock === null ? null : this.clock.now() - state.clock));
    panel.figure('Format', isMPD(this.source) ? 'LL-DASH' : 'LL-HLS');
    panel.figure('Player latency', milliseconds(state.latencyMs));
    const held = this.kind === 'dashjs' || (this.player?.held() ?? false);
    panel.figure('Target', held ? milliseconds(state.target * 1000) : '–', held && state.target > this.controller.wanted * 1.05);
    panel.figure('Buffer', milliseconds(state.bufferSeconds * 1000));
    panel.figure('Rate', `${state.rate.toFixed(3)}×`);
    panel.figure('Frames per second', `${this.watch.rate()}`);
    panel.figure('Stalls', state.stalls.length === 0 ? 'none' : `${state.stalls.length} (${paused.toFixed(1)} s)`);
    panel.figure('Clock to server', this.clock.roundTrip === null ? 'not compared'
      : `${this.clock.offset < 0 ? '−' : '+'}${Math.abs(this.clock.offset).toFixed(1)} ± ${(this.clock.roundTrip / 2).toFixed(1)} ms`);
  }

  /** Finds out where this stream's services are, from the names of its segments. */
  async findServices() {
    if (this.services) return this.services;
    try {
      const list = await loadPlaylist(this.source, this.clock), names = segmentNames(list);
      if (names) this.services = { stats: new URL('../timestamps.json', names.folder).href, times: timesOf(list) };
    } catch { /* asked again */ }
    return this.services;
  }

  async askClock() {
    const services = await this.findServices();
    return services ? this.clock.ask(services.times) : false;
  }

  async keepClock() {
    for (;;) {
      const done = await this.askClock();
      await pause(done ? 30000 : 2000);
    }
  }

  /** Polls /timestamps.json twice a second. */
  async keepStatistics() {
    for (;;) {
      const asked = performance.now();
      if (!document.hidden) await this.readStatistics();
      await pause(Math.max(50, (this.statsFailures > 5 ? 5000 : 500) - (performance.now() - asked)));
    }
  }

  async readStatistics() {
    const url = (await this.findServices())?.stats, { panel } = this;
    if (!url) return;
    try {
      const response = await fetch(url, { cache: 'no-store', signal: within(2000) });
      if (!response.ok) throw new Error(`${response.status}`);
      const answer = await response.json(), facts = timestampFacts(answer);
      const drift = Math.abs(answer.timestamp / 1e6 - this.clock.now());
      if (this.clock.roundTrip !== null && drift > 100) void this.askClock();  // a clock was set
      this.statsFailures = 0;
      panel.figure('Live edge age', milliseconds(facts.edgeAge));
      panel.figure('Capture → available', milliseconds(facts.available));
      panel.figure('Server clock', facts.synchronized === null ? '–'
        : facts.synchronized ? `in sync${facts.estimate === null ? '' : ` ± ${Math.abs(facts.estimate).toFixed(1)} ms`}`
          : 'not in sync', facts.synchronized === false);
    } catch {
      this.statsFailures += 1;
      if (this.statsFailures !== 3) return;
      for (const name of ['Live edge age', 'Capture → available', 'Server clock']) panel.figure(name, '–');
    }
  }
}
