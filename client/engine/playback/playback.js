// SPDX-License-Identifier: Apache-2.0
// The playback of one stream: connects its player with what measures and shows it.

import { ServerClock } from '../../shared/clock.js';
import { LaterCaptions } from '../captions/later-captions.js';
import { FrameMeter } from '../clock/frame-meter.js';
import { Progress } from '../clock/progress.js';
import { StallMeter } from '../clock/stall-meter.js';
import { PastReach } from '../server/past-reach.js';
import { ServicePoller } from '../server/services.js';
import { EventQueue } from '../transport/stream-events.js';
import { DisplayWatch } from './display-watch.js';
import { KINDS } from '../players/kinds.js';
import { controlSocketOf } from './player-host.js';
import { PlayerSelector } from './player-selector.js';
import { maySignIn, withNewestToken } from '../transport/playback-tokens.js';
import { answerTo, mayAskToken, tokenOf } from './refusal.js';
import { figuresOf, newState, recordError, statusAfter, updateState } from './state.js';
import { TargetLatency } from './target-latency.js';
/** @typedef {import('../clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('../players/kinds.js').Kind} Kind */
/** @typedef {import('../players/player.js').Player} Player */
/** @typedef {import('../players/player.js').Status} Status */
/** @typedef {import('../../shared/errors.js').StatusError} StatusError */
/** @typedef {typeof import('./later-playback.js')} LaterPlayback */
/** @typedef {import('./viewer-tokens.js').ViewerTokens} ViewerTokens */

/** The time between two updates of the player, ms. */
const UPDATE_INTERVAL = 50;
/** The time between two reports to the server, ms. */
const REPORT_INTERVAL = 1000;
/** A stop of this duration counts as a stall without an event, ms. */
const SILENT_STALL = 300;
/** An instant that is closer to the present is the live edge, s. */
const LIVE_EDGE = 2;

/**
 * @typedef {object} PlaybackOptions
 * @property {string} source URL of the playlist or MPD
 * @property {string} [name] of the stream, if its page states it
 * @property {boolean} [needsPassword] whether its page states that it has a password
 * @property {Kind | null} kind the requested player
 * @property {number | null} target the requested latency, s
 * @property {string | null} sync the sync group
 * @property {import('../players/script.js').Scripts} scripts
 * @property {import('./later-code.js').LaterCode<LaterPlayback>} later
 * @property {boolean} startsItself whether playback starts without a click
 * @property {number | null} [at] the instant to play from, Unix seconds; the live edge by default
 */

/**
 * @typedef {object} PlaybackEvents
 * @property {(status: Status, text: string) => void} onStatus
 * @property {(key: string, text?: string | null, style?: string) => void} onMessage
 *   one message per key; without text it is over
 * @property {(kind: Kind) => void} onPlayer
 * @property {(text: string, isFatal: boolean) => void} onError
 * @property {(stall: Stall) => void} onStall a stall has ended
 * @property {() => void} [onJump] another instant will be shown, the frame before it still is
 * @property {(event: import('../transport/stream-events.js').StreamEvent) => void} onEvent
 *   the frame of an event is shown
 * @property {import('../captions/captions.js').OnText} onCaption the text over the display has
 *   changed
 * @property {import('../server/services.js').Figures} figures
 */

/** Plays one stream in a video element until `close`. */
export class Playback {
  /**
   * @param {HTMLVideoElement} video @param {PlaybackOptions} options
   * @param {PlaybackEvents} events
   */
  constructor(video, options, events) {
    this.video = video;
    /** @type {Display} what shows the frames */
    this.display = video;
    this.options = options;
    this.events = events;
    this.closing = new AbortController();
    const { signal } = this.closing;
    this.clock = new ServerClock(signal);
    this.frames = new FrameMeter(video, this.clock);
    this.progress = new Progress(video);
    this.stalls = new StallMeter(video);
    this.queue = new EventQueue(events.onEvent);
    this.services = new ServicePoller(options.source, this.clock, events.figures, signal);
    // The playlists of the past name the services too.
    this.services.mayAskLive = () => !this.isPast;
    /** Whether the viewer paused, or has not started playback yet. */
    this.isPaused = !options.startsItself;
    this.reach = new PastReach(signal, (document) => {
      const { code } = options.later;
      return code && new code.PastExtent(document);
    });
    /** @type {number | null} the instant from which the past is played, Unix s; null for live */
    this.pastFrom = options.at ?? null;
    /** The rate in the past. */
    this.pastRate = 1;
    this.players = new PlayerSelector(this);
    this.target = new TargetLatency(this);
    this.reportedAt = 0;
    /** @type {number | null} s */
    this.latency = null;
    /** @type {ReturnType<typeof controlSocketOf> | null} for players without a socket */
    this.controlSocket = null;
    /** @type {import('./state.js').MediaStatus} */
    this.status = { name: 'wait', since: this.clock.now(), problem: '' };
    /** @type {number | null} when the player tries again, Unix ms; null while it does not wait */
    this.retryAt = null;
    /** @type {import('./refusal.js').Refusal | null} until the stream plays */
    this.refusal = null;
    /** Whether a token was asked for, since the stream has played. */
    this.hasAskedToken = false;
    /** Whether the server is asked for a token before anything is played. */
    this.isAsking = false;
    /** @type {ViewerTokens | null} null before their code is needed */
    this.madeTokens = null;
    /** Whether the browser does not play without a click. */
    this.needsClick = false;
    this.state = newState(this.source);
    this.state.stalls = this.stalls.stalls;
    this.watch = new DisplayWatch(this);
    this.captions = new LaterCaptions((...shown) => events.onCaption(...shown), options.later);
    this.services.onCaptions = (...found) => this.captions.setLanguages(...found);
    this.services.onClosedCaptions = (found) => this.captions.setDeclared(found);
    this.services.onMissing = (names) => this.watch.setMissing(names);
    this.services.onRefused = (error) => {
      // Our players learn it themselves; the services are asked beside the others.
      if (!KINDS[this.kind].isOwn && this.frames.frames === 0) this.refused(error);
    };
    /** @type {number[]} */
    this.timers = [];
  }

  get kind() { return this.players.choice.kind; }

  /** URL of the playlist or MPD that the player gets. */
  get source() { return withNewestToken(this.players.choice.source); }

  /** The control of the latency, for this player. */
  get controller() { return this.target.controller; }

  /** Null before playback, and after `close`. */
  get player() { return this.players.player; }

  /** The player of the past; null while the live edge plays, and before playback. */
  get past() { return this.players.past; }

  start() {
    this.listen();
    if (!this.isPaused) this.players.playFirst();
    else this.events.onStatus('wait', 'Paused');
    this.frames.start();
    this.timers.push(window.setInterval(() => this.update(), UPDATE_INTERVAL));
  }

  /** Ends playback: no request, socket, timer or listener is left. */
  close() {
    const { video } = this;
    this.isPaused = true;
    this.players.close();
    this.closeControl();
    this.queue.close();
    this.captions.close();
    this.closing.abort();
    for (const timer of this.timers) clearInterval(timer);
    this.frames.stop();
    video.pause();
    video.removeAttribute('src');
    video.load();
  }

  listen() {
    const { video } = this, { signal } = this.closing;
    const on = (/** @type {string} */ event, /** @type {() => void} */ body) => {
      video.addEventListener(event, body, { signal });
    };
    on('playing', () => {
      this.stalls.hasPlayed = true;
      this.needsClick = false;
    });
    on('waiting', () => this.stopped());
    on('loadeddata', () => this.resume());
    on('error', () => {
      if (!video.error || !video.getAttribute('src')) return;
      const reason = `decoder: ${video.error.message || `code ${video.error.code}`}`;
      this.failed(reason, false);
      this.player?.recover(reason);
    });
    on('click', () => {
      if (this.isPaused && !this.player) this.togglePlay();
      else if (video.paused && !this.isPaused) this.resume();
    });
    document.addEventListener('visibilitychange', () => {
      this.progress.reset();
      this.watch.rest();
      if (document.hidden) return;
      this.resume();
      if (this.player) void this.services.measureClock();
    }, { signal });
  }

  togglePlay() {
    const { video } = this;
    this.isPaused = !video.paused;
    if (this.isPaused) video.pause();
    else if (this.player) this.resume();
    else this.players.playFirst();
  }

  pause() {
    this.isPaused = true;
    this.video.pause();
  }

  resume() {
    if (this.isPaused) return;
    this.video.play().catch((error) => {
      this.needsClick ||= error.name === 'NotAllowedError';
    });
  }

  // Refusals

  /**
   * The server refuses the stream.
   * @param {StatusError} error
   * @returns {boolean} whether the player ends
   */
  refused({ status, reason, wait }) {
    const { source } = this, token = tokenOf(source), now = this.clock.now();
    const mayAsk = !this.hasAskedToken && mayAskToken(status, source);
    const answer = answerTo(status, this.frames.frames > 0, mayAsk);
    const retryAt = answer === 'retry' ? now + wait : null;
    this.refusal = { status, reason, at: now, retryAt, expires: token?.expires ?? null };
    if (answer === 'retry') return false;
    this.halt();
    if (answer === 'next') void this.takeToken();
    else this.failed(`The server refuses the stream (status ${status})`, true);
    return true;
  }

  /** Nothing is requested until the viewer tries again. */
  halt() {
    this.services.isHalted = true;
    this.players.pause();
    this.closeControl();
    this.video.pause();
    this.events.onMessage('trouble');
  }

  /**
   * Whether the server is asked for a token first: the page states that the stream has a password.
   * @returns {boolean} true if playback begins later
   */
  asksFirst() {
    const { needsPassword, source } = this.options;
    if (this.isAsking) return true;
    if (!needsPassword || this.hasAskedToken || tokenOf(source) || !maySignIn(source)) return false;
    void this.takeToken();
    return true;
  }

  /** Asks for a token; without the code for it the stream stays refused. */
  async takeToken() {
    const { refusal, options: { later } } = this;
    this.hasAskedToken = true;
    this.isAsking = true;
    await later.load().catch(() => {});
    if (this.tokens) await this.tokens.take();
    else {
      this.isAsking = false;
      if (this.players.isClosed) return;
      if (refusal === null) this.players.playFirst();
      else this.failed(`The server refuses the stream (status ${refusal.status})`, true);
    }
  }

  /** The tokens of the viewer; null without their code. */
  get tokens() {
    const { code } = this.options.later;
    this.madeTokens ??= code && new code.ViewerTokens(this);
    return this.madeTokens;
  }

  /** Nothing plays without a password. */
  missesPassword() {
    this.refusal = {
      status: 401, reason: '', at: this.clock.now(), retryAt: null, expires: null,
    };
    this.failed('The stream needs a password', true);
  }

  /**
   * Plays the stream at another address.
   * @param {string} source of its playlist or MPD
   */
  useSource(source) {
    this.options.source = source;
    this.services.use(source);
    this.services.services = null;
    this.tryAgain();
  }

  /** Asks for the stream now. */
  tryAgain() {
    this.refusal = null;
    this.retryAt = null;
    this.services.isHalted = false;
    this.isPaused = false;
    const { kind, reason } = this.players.choice;
    if (reason === '') this.players.playFirst();
    else this.players.play(kind, reason);
    this.services.start();
  }

  // The past

  get isPast() { return this.pastFrom !== null; }

  /** The instant of the shown frame, Unix seconds; null while unknown. */
  get shownAt() {
    if (this.past) return this.past.date();
    if (this.pastFrom !== null) return this.pastFrom;
    return this.latency === null ? null : this.clock.now() / 1000 - this.latency;
  }

  /** Wall clock − media time of the past, s: frames begin at whole frame times of the latter. */
  get slotOffset() { return this.past?.offset ?? 0; }

  /**
   * Plays from an instant of the past; at the live edge, live.
   * @param {number} at Unix seconds @param {boolean} [isPaused] whether a frame at the live edge is
   *   shown
   */
  goTo(at, isPaused = false) {
    if (this.players.isClosed) return;
    if (at > this.clock.now() / 1000 - LIVE_EDGE && !isPaused) {
      this.goLive();
      return;
    }
    this.events.onMessage('past');
    const { past, player } = this;
    this.pastFrom = at;
    if (player) this.events.onJump?.();
    if (past) past.seekTo(at);
    else if (player || this.services.isHalted) {
      this.services.isHalted = false;  // the recording may exist without the stream
      this.players.playAgain();
    }
  }

  /** Plays live again, also if the viewer had paused. */
  goLive() {
    const wasPast = this.isPast;
    this.pastFrom = null;
    if (this.players.isClosed) return;
    this.isPaused = false;
    if (wasPast && this.player) this.events.onJump?.();
    if (wasPast && this.player) this.players.playAgain();
    else if (this.player) this.resume();
    else this.players.playFirst();
  }

  /** @param {number} rate of playback in the past */
  chooseRate(rate) {
    this.pastRate = rate;
    this.past?.setRate(rate);
  }

  /** @param {Kind} kind @param {string} reason why the past cannot be played */
  leavePast(kind, reason) {
    this.failed(reason, false);
    this.pastFrom = null;
    this.players.play(kind, this.players.choice.reason, this.source);
    this.events.onMessage('past', `${reason}: playing live`, 'warn');
  }

  // The player

  /** @param {Kind} kind by the viewer */
  choosePlayer(kind) {
    this.pastFrom = null;
    this.players.choose(kind);
  }

  /** @param {number | null} target by the viewer, s */
  chooseTarget(target) { this.target.request(target); }

  /** Nothing is left of the player before; the next one has a kind and an address already. */
  reset() {
    const { kind, source } = this;
    this.captions.forgetVideo();
    this.services.use(source);
    this.services.isUrgent = kind === 'dashjs';
    this.state.source = source;
    this.stalls.reset();
    this.frames.reset();
    this.latency = null;
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.crossOrigin = 'anonymous';
    this.video.load();
    this.target.reset();
    for (const key of ['trouble', 'audio']) this.events.onMessage(key);
    this.events.onStatus('wait', 'Connecting');
  }

  /** @param {Player} player that is about to start */
  follow(player) {
    const { kind } = this;
    this.display = player.display ?? this.video;
    this.stalls.video = this.display;
    this.progress.video = this.display;
    this.state.player = kind;
    this.events.onPlayer(kind);
    this.closeControl();
    if (this.options.sync !== null && !this.isPast) this.openControl();
    this.watch.begin(kind);
  }

  /** Why this player plays, and what a WebSocket does beside it. */
  get reason() {
    const { kind, reason } = this.players.choice;
    if (this.controlSocket?.isOpen) {
      return `${reason}; a WebSocket has clock, events, source and statistics`;
    }
    const isByCodecs = kind === 'webcodecs' && this.player?.ownsSocket;
    return isByCodecs ? `${reason}; a WebSocket has the frames` : reason;
  }

  /**
   * Opens a socket for a player that has none of its own. Without a sync group that is for HTTP
   * frames only, if the address chooses no player and the server has answered by its own document.
   */
  openControl() {
    const { kind, player } = this, { sync } = this.options;
    if (this.controlSocket || player?.ownsSocket || kind === 'native' && sync !== null) return;
    if (this.players.tried.sockets === 'refused') return;
    this.controlSocket = controlSocketOf(this);
  }

  closeControl() {
    this.controlSocket?.close();
    this.controlSocket = null;
    this.services.push(null);
  }

  /**
   * @param {Status} status @param {string} text @param {string} [problem]
   * @param {number} [pause] the player tries again after this time, ms
   */
  setStatus(status, text, problem, pause) {
    const now = this.clock.now();
    this.status = statusAfter(this.status, status, problem, now);
    this.retryAt = pause === undefined ? null : now + pause;
    if (status === 'live') {
      this.refusal = null;
      this.hasAskedToken = false;
    }
    this.state.status = status;
    this.events.onStatus(status, text);
    this.events.onMessage('trouble', problem, status === 'dead' ? 'bad' : 'warn');
    if (problem) this.failed(problem, false);
    if (status === 'live') this.resume();
  }

  /** @param {string} text @param {boolean} isFatal */
  failed(text, isFatal) {
    const isNew = recordError(this.state, this.clock.now(), text);
    if (isNew || isFatal) this.events.onError(text, isFatal);
  }


  // Every 50 ms

  update() {
    const { player } = this, now = performance.now();
    if (!player) return;
    player.update();
    if (this.player !== player) return;
    const { display } = this;
    if (this.progress.stoppedFor(now) > SILENT_STALL) this.stopped();
    this.followStalls(player, now);
    this.latency = player.latency();
    this.target.step(player, now);
    const rate = display.paused ? 0 : display.playbackRate;
    if (this.latency !== null) {
      const shown = this.clock.now() - this.latency * 1000;
      this.queue.update(shown, rate, UPDATE_INTERVAL);
    }
    const { shownAt } = this;
    if (shownAt !== null) this.captions.update(shownAt * 1000, rate, UPDATE_INTERVAL);
    updateState(this.state, this, player);
    this.watch.update(now);
    if (this.player !== player) return;
    if (now - this.reportedAt <= REPORT_INTERVAL) return;
    this.reportedAt = now;
    const isUsual = !this.isPast && this.options.kind === null && this.kind === 'frames';
    if (isUsual && this.services.presence) this.openControl();
    const figures = figuresOf(this.state, this.controller.need);
    player.report?.(figures);
    this.controlSocket?.report(figures);
  }

  /** The display stands still; at the end of the stream and in the past that is no stall. */
  stopped() {
    if (this.status.name !== 'dead' && !this.isPast) this.stalls.begin(this.clock.now());
  }

  /** @param {Player} player @param {number} now of performance.now() */
  followStalls(player, now) {
    const { current } = this.stalls, hasEnded = this.status.name === 'dead';
    const ended = hasEnded ? this.stalls.end() : this.stalls.update(now);
    if (ended && current && this.stalls.stalls.includes(current)) this.events.onStall(current);
    if (ended) this.target.stalled(player, ended, now);
  }
}
