// SPDX-License-Identifier: Apache-2.0
// The page: chooses a player, controls its latency, and shows the measured values.

import { ServerClock } from '../shared/clock.js';
import { within } from '../shared/deadline.js';
import { awayWords } from './away.js';
import { Controls } from './controls.js';
import { element } from './dom.js';
import { showFigures } from './figures.js';
import { FrameMeter } from './frame-meter.js';
import { LatencyController } from './latency-controller.js';
import { mediaSourceClass } from './media-feed.js';
import { Panel } from './panel.js';
import { parametersOf, rememberParameter } from './parameters.js';
import { DashPlayer } from './players/dashjs.js';
import { FramePlayer } from './players/frames.js';
import { HlsPlayer } from './players/hlsjs.js';
import { NativePlayer } from './players/native.js';
import { STALL_TOLERANCES, TARGETS, TITLES } from './players/player.js';
import { dashLocation } from './players/script.js';
import { SocketPlayer } from './players/socket-player.js';
import { TargetChoice } from './players/targets.js';
import { Progress } from './progress.js';
import { ServicePoller } from './services.js';
import { secondsAhead } from './source-buffer.js';
import { isMPD, otherFormat } from './source.js';
import { StallMeter } from './stall-meter.js';
import { newState, recordError } from './state.js';
/** @typedef {import('./players/player.js').Host} Host */
/** @typedef {import('./players/player.js').Kind} Kind */
/** @typedef {import('./players/player.js').Player} Player */
/** @typedef {import('./players/player.js').Status} Status */

/** The time between two updates of the player and of the panel, ms. */
const UPDATE_INTERVAL = 50, PANEL_INTERVAL = 250;
/** The time between two reports to the server, ms. */
const REPORT_INTERVAL = 1000;
/** A stop of this duration counts as a stall without an event, ms. */
const SILENT_STALL = 300;

/** Connects players, meters, controls and panel. */
export class View {
  constructor() {
    const parameters = parametersOf(location.href);
    this.video = element('video', HTMLVideoElement);
    this.clock = new ServerClock();
    this.panel = new Panel();
    this.frames = new FrameMeter(this.video, this.clock);
    this.progress = new Progress(this.video);
    this.stalls = new StallMeter(this.video);
    this.services = new ServicePoller(parameters.source, this.clock, this.panel);
    this.options = parameters.page;
    this.controls = new Controls(this.video, this.panel, this.options, {
      onPlayer: (kind) => this.choosePlayer(kind),
      onTarget: (target) => this.chooseTarget(target),
      onRendition: (rendition) => this.player?.chooseRendition(rendition),
      onPlay: () => this.togglePlay(),
    });
    /** Whether the viewer paused, or has not started playback yet. */
    this.isPaused = !this.options.startsItself;
    this.requestedKind = parameters.kind;
    this.hlsLocations = parameters.hlsLocations;
    /** @type {Kind} */
    this.kind = 'frames';
    /** @type {Player | null} */
    this.player = null;
    /** @type {Set<Kind>} players that cannot play this stream */
    this.unsupported = new Set();
    this.source = parameters.source;
    this.targets = new TargetChoice(parameters.target);
    this.sync = parameters.sync;
    this.reportedAt = 0;
    this.controller = new LatencyController(TARGETS.frames);
    /** @type {number | null} s */
    this.latency = null;
    this.problem = '';
    /** The last change between media and none, Unix ms on the server's clock. */
    this.changedAt = this.clock.now();
    this.state = newState(this.source);
    this.state.stalls = this.stalls.stalls;
    /** @type {any} */ (globalThis).__player = this.state;
    for (const [key, text] of Object.entries(parameters.warnings)) {
      this.panel.message(key, text, 'warn');
    }
    if (this.targets.requested !== null) this.controls.showTarget(this.targets.requested);
    this.listen();
    if (!this.isPaused) this.playFirst();
    else {
      this.panel.state('wait', 'Paused');
      this.panel.message('play', 'Click to play');
    }
    this.frames.start();
    this.services.start();
    setInterval(() => this.update(), UPDATE_INTERVAL);
    setInterval(() => this.show(), PANEL_INTERVAL);
  }

  listen() {
    const { video } = this;
    video.addEventListener('playing', () => {
      this.stalls.hasPlayed = true;
      this.panel.message('play');
    });
    video.addEventListener('waiting', () => this.stalls.begin(this.clock.now()));
    video.addEventListener('loadeddata', () => this.resume());
    video.addEventListener('error', () => {
      if (!video.error || !video.getAttribute('src')) return;
      const reason = `decoder: ${video.error.message || `code ${video.error.code}`}`;
      recordError(this.state, this.clock.now(), reason);
      this.player?.recover(reason);
    });
    document.addEventListener('visibilitychange', () => {
      this.progress.reset();
      if (document.hidden) return;
      this.resume();
      void this.services.measureClock();
    });
    video.addEventListener('click', () => {
      if (this.isPaused && !this.player) this.togglePlay();
      else if (video.paused && !this.isPaused) this.resume();
    });
  }

  togglePlay() {
    const { video } = this;
    this.isPaused = !video.paused;
    if (this.isPaused) video.pause();
    else if (this.player) this.resume();
    else this.playFirst();
  }

  resume() {
    if (this.isPaused) return;
    this.video.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      this.panel.message('play', 'Click to play: the browser does not play by itself');
    });
  }

  // Choice of the player

  playFirst() {
    const requested = this.requestedKind;
    this.panel.message('play');
    if (requested !== null) this.play(requested);
    else if (isMPD(this.source)) void this.playMPD();
    else this.play(mediaSourceClass() ? 'frames' : 'native');
  }

  /** Plays an MPD with dash.js if this server has it, else with the frame player. */
  async playMPD() {
    const script = dashLocation();
    let hasDash = false;
    try {
      hasDash = script !== null && await within(3000, async (signal) => {
        const response = await fetch(new URL('scripts.json', script).href, { signal });
        return (await response.json()).includes('dash.all.min.js');
      });
    } catch { /* another server */ }
    if (!this.player) this.play(hasDash ? 'dashjs' : 'frames');
  }

  /** @param {Kind} kind */
  choosePlayer(kind) {
    this.unsupported.clear();
    for (const key of ['player', 'transport', 'script', 'src']) this.panel.message(key);
    this.play(kind);
    rememberParameter('player', kind);
  }

  /** @param {Kind} kind */
  play(kind) {
    this.player?.stop();
    // hls.js and HLS of the browser need a playlist, dash.js an MPD; the frame player reads both.
    if (kind !== 'frames' && isMPD(this.source) !== (kind === 'dashjs')) {
      this.source = otherFormat(this.source) ?? this.source;
      this.services.source = this.source;
      this.state.source = this.source;
    }
    this.stalls.reset();
    this.frames.reset();
    this.latency = null;
    this.kind = kind;
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.crossOrigin = 'anonymous';
    this.video.load();
    this.controls.showPlayer(kind);
    this.targets.reset();
    this.controller = new LatencyController(this.targets.targetFor(kind, this.source));
    this.panel.message('trouble');
    this.panel.state('wait', 'Connecting');
    this.player = this.newPlayer(kind);
    this.state.player = kind;
    this.player.start();
  }

  /**
   * A player whose calls are ignored when another one has replaced it.
   * @param {Kind} kind
   */
  newPlayer(kind) {
    const isCurrent = () => this.player === player;
    /** @type {Host} */
    const host = {
      video: this.video, clock: this.clock, source: this.source,
      status: (...status) => { if (isCurrent()) this.setStatus(...status); },
      unsupported: (reason) => { if (isCurrent()) this.fallBack(reason); },
      measureClock: () => void this.services.measureClock(),
      setTargets: (...targets) => {
        if (isCurrent() && this.targets.setStream(...targets)) this.applyTarget();
      },
      sync: this.sync,
      setSharedTarget: (target) => { if (isCurrent()) this.controller.shared = target; },
    };
    const target = this.targets.targetFor(kind, this.source);
    /** @type {Player} */
    const player = kind === 'frames' ? new FramePlayer(host, target)
      : kind === 'ws' ? new SocketPlayer(host, target)
        : kind === 'hlsjs' ? new HlsPlayer(host, this.hlsLocations)
          : kind === 'dashjs' ? new DashPlayer(host, target) : new NativePlayer(host);
    return player;
  }

  /**
   * Plays with the next player that may support the stream.
   * @param {string} reason
   */
  fallBack(reason) {
    recordError(this.state, this.clock.now(), reason);
    this.unsupported.add(this.kind);
    /** @type {Kind[]} */
    const order = isMPD(this.source) ? ['frames', 'dashjs'] : ['frames', 'hlsjs', 'native'];
    const next = order.find((kind) => !this.unsupported.has(kind));
    if (!next) {
      this.setStatus('dead', 'Cannot play', reason);
      return;
    }
    this.panel.message('player', `${reason}: playing with ${TITLES[next]} instead`, 'warn');
    this.play(next);
  }

  /** @param {Status} status @param {string} text @param {string} [problem] */
  setStatus(status, text, problem) {
    if ((status === 'live') !== (this.state.status === 'live')) this.changedAt = this.clock.now();
    this.state.status = status;
    this.problem = status === 'wait' ? problem ?? this.problem : '';
    this.panel.state(status, text);
    this.panel.message('trouble', problem, status === 'dead' ? 'bad' : 'warn');
    if (problem) recordError(this.state, this.clock.now(), problem);
    if (status === 'live') this.resume();
  }

  // Target latency

  /** @param {number | null} target s */
  chooseTarget(target) {
    this.targets.requested = target;
    rememberParameter('target', this.controls.target.value);
    this.applyTarget();
  }

  /** On an MPD the latency approaches a new target by the playback rate, elsewhere by a seek. */
  applyTarget() {
    const { player, controller, latency } = this;
    const target = this.targets.targetFor(this.kind, this.source);
    const isGradual = isMPD(this.source);
    if (target !== controller.requested) controller.request(target, isGradual);
    player?.setTarget(target);
    if (latency === null || isGradual || !player?.isControlled()) return;
    const error = latency - target;
    if (Math.abs(error) > 0.2) player.seekBy(error, performance.now());
  }

  // Every 50 ms

  update() {
    const { video, player, controller } = this, now = performance.now();
    this.controls.update();
    if (!player) return;
    player.update();
    if (this.progress.stoppedFor(now) > SILENT_STALL) this.stalls.begin(this.clock.now());
    this.followStalls(player, now);
    this.latency = player.latency();
    if (player.isControlled() && this.latency !== null && !video.paused && !video.seeking) {
      const ahead = secondsAhead(video), minimum = player.minimumTarget();
      const rate = controller.step(now / 1000, this.latency, minimum, ahead);
      if (video.playbackRate !== rate) video.playbackRate = rate;
      const seconds = controller.seek(now / 1000, this.latency, ahead);
      if (seconds > 0) player.seekBy(seconds, now);
    }
    this.publish();
    if (now - this.reportedAt > REPORT_INTERVAL) this.report(player, now);
  }

  /** @param {Player} player @param {number} now */
  report(player, now) {
    const { state, controller } = this, round = (/** @type {number} */ value) => Math.round(value);
    this.reportedAt = now;
    player.report?.({
      delay: state.latencyMs === null ? null : round(state.glassToGlassMs ?? state.latencyMs),
      buf: round(state.bufferSeconds * 1000), rate: state.rate, drop: state.framesDropped,
      dec: state.framesShown, stalls: state.stalls.length,
      stallMs: round(state.stalls.reduce((sum, { seconds }) => sum + seconds * 1000, 0)),
      need: round(controller.need * 1000), vis: !document.hidden,
    });
  }

  /**
   * A stall raises the target, except after the loss of a connection: no buffer of this length
   * would have prevented that stall.
   * @param {Player} player @param {number} now
   */
  followStalls(player, now) {
    const ended = this.stalls.update(now);
    if (!ended || ended.seconds <= STALL_TOLERANCES[this.kind]) return;
    if (!player.wasConnectedSince(ended.startedAt)) return;
    this.controller.stalled(now / 1000, ended.seconds);
  }

  publish() {
    const { video, state, frames } = this;
    state.time = video.currentTime;
    state.clock = frames.burnedClock;
    state.glassToGlassMs = frames.glassToGlass();
    state.latencyMs = this.latency === null ? null : this.latency * 1000;
    state.rate = video.playbackRate;
    state.target = this.controller.target;
    const { shared } = this.controller;
    state.syncOffsetMs = shared === null || this.latency === null ? null
      : (this.latency - shared) * 1000;
    const renditions = this.player?.renditions() ?? null;
    state.rendition = renditions?.names[renditions.current] ?? null;
    state.framesShown = frames.frames;
    state.framesDropped = video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
    state.undecoded = frames.undecoded;
    state.samples = frames.samples;
    state.clockOffsetMs = this.clock.offset;
    state.sound = this.player?.hasAudio() ?? null;
    state.bufferSeconds = secondsAhead(video);
  }

  // Every 250 ms

  showAway() {
    const { services, state } = this;
    const words = !this.player || state.status === 'dead' ? null : awayWords({
      source: services.presence, isReachable: services.isReachable, problem: this.problem,
      isPlaying: state.status === 'live', changedAt: this.changedAt,
    }, this.clock.now());
    this.panel.away(words?.title ?? '', words?.text);
    if (words) this.panel.message('trouble');
  }

  show() {
    const { player, state } = this;
    this.controls.showAudio(state.sound);
    this.controls.showRenditions(player?.renditions() ?? null);
    this.showAway();
    const isShown = state.status === 'live' && !this.options.isEmbedded;
    this.panel.latency(isShown ? state.glassToGlassMs ?? state.latencyMs : null);
    if (document.hidden || this.controls.isPanelHidden) return;
    const isControlled = player?.isControlled() ?? false;
    showFigures(this.panel, state, this.clock, {
      frameRate: this.frames.rate(), hasTarget: isControlled || this.kind === 'dashjs',
      requested: this.controller.requested, isDASH: isMPD(this.source),
    });
  }
}
