// SPDX-License-Identifier: Apache-2.0
// The playback of one stream: chooses a player, controls its latency, and measures it.

import { ServerClock } from '../../shared/clock.js';
import { messageOf } from '../../shared/errors.js';
import { Captions } from '../captions/captions.js';
import { FrameMeter } from '../clock/frame-meter.js';
import { LatencyController } from '../clock/latency-controller.js';
import { Progress } from '../clock/progress.js';
import { StallMeter } from '../clock/stall-meter.js';
import { mediaSourceClass } from '../feed/media-feed.js';
import { secondsAhead } from '../feed/source-buffer.js';
import { newFramePlayer, newLaterPlayer } from '../players/new-player.js';
import { KINDS } from '../players/kinds.js';
import { TargetChoice } from '../players/targets.js';
import { awayWords } from '../server/away.js';
import { ControlSocket } from '../server/control-socket.js';
import { PastReach } from '../server/past-extent.js';
import { ServicePoller } from '../server/services.js';
import { socketAddress } from '../transport/llws.js';
import { forgetMissingSockets } from '../transport/socket.js';
import { isMPD } from '../transport/source.js';
import { EventQueue } from '../transport/stream-events.js';
import { DisplayWatch } from './display-watch.js';
import {
  hasDashScript, nextPlayer, nextTransport, sourceFor, TriedPlayers, usualPlayer,
} from './player-choice.js';
import { hostOf } from './player-host.js';
import { figuresOf, newState, recordError, statusAfter, updateState } from './state.js';
/** @typedef {import('../clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('../players/kinds.js').Kind} Kind */
/** @typedef {import('../players/new-player.js').LaterPlayers} LaterPlayers */
/** @typedef {import('../players/past-player.js').PastPlayer} PastPlayer */
/** @typedef {import('../players/player.js').Player} Player */
/** @typedef {import('../players/player.js').Status} Status */
/** @typedef {import('./player-choice.js').Choice} Choice */
/** @typedef {import('./state.js').MediaStatus} MediaStatus */
/** @typedef {import('../players/script.js').Scripts} Scripts */
/** @typedef {import('../server/services.js').Figures} Figures */

/** The time between two updates of the player, ms. */
const UPDATE_INTERVAL = 50;
/** The time between two reports to the server, ms. */
const REPORT_INTERVAL = 1000;
/**
 * The services are asked after this time if the player has not named them, ms: until then the
 * connection is for the first frame. Over a WebSocket they are not needed.
 */
const SERVICES_DELAY = 1000;
/** A stop of this duration counts as a stall without an event, ms. */
const SILENT_STALL = 300;
/** An instant that is closer to the present is the live edge, s. */
const LIVE_EDGE = 2;

/**
 * `waiting`: for a click, for the choice of a player, or for its code. `playing`, also while
 * paused: `player` has the stream, `past` is the same one in the past. `closed`: nothing plays any
 * more.
 * @typedef {{ name: 'waiting' | 'closed', choice: Choice }
 *   | { name: 'playing', choice: Choice, player: Player, past: PastPlayer | null }} Phase
 */

/**
 * @typedef {object} PlaybackOptions
 * @property {string} source URL of the playlist or MPD
 * @property {Kind | null} kind the requested player
 * @property {number | null} target the requested latency, s
 * @property {string | null} sync the sync group
 * @property {Scripts} scripts
 * @property {import('./later-code.js').LaterCode<LaterPlayers>} later
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
 * @property {() => void} [onJump] another instant will be shown, the picture of before still is
 * @property {(event: import('../transport/stream-events.js').StreamEvent) => void} onEvent
 *   the frame of an event is shown
 * @property {import('../captions/captions.js').OnText} onCaption the text over the display has
 *   changed
 * @property {Figures} figures
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
    this.reach = new PastReach(signal);
    /** @type {number | null} the instant from which the past is played, Unix s; null for live */
    this.pastFrom = options.at ?? null;
    /** The rate in the past. */
    this.pastRate = 1;
    /** @type {Phase} */
    this.phase = {
      name: 'waiting', choice: { kind: 'frames', source: options.source, reason: '' },
    };
    this.tried = new TriedPlayers();
    this.targets = new TargetChoice(options.target);
    this.reportedAt = 0;
    this.controller = new LatencyController(KINDS.frames.target);
    /** @type {number | null} s */
    this.latency = null;
    /** @type {ControlSocket | null} for players without a socket of their own */
    this.controlSocket = null;
    /** @type {MediaStatus} */
    this.status = { name: 'wait', since: this.clock.now(), problem: '' };
    this.state = newState(this.source);
    this.state.stalls = this.stalls.stalls;
    this.watch = new DisplayWatch(this);
    this.captions = new Captions((...shown) => events.onCaption(...shown), options.later);
    this.services.onCaptions = (...found) => this.captions.setLanguages(...found);
    this.services.onClosedCaptions = (found) => this.captions.setDeclared(found);
    this.services.onMissing = (names) => this.watch.setMissing(names);
    /** @type {number[]} */
    this.timers = [];
  }

  get kind() { return this.phase.choice.kind; }

  /** URL of the playlist or MPD that the player gets. */
  get source() { return this.phase.choice.source; }

  /** Null before playback, and after `close`. */
  get player() { return this.phase.name === 'playing' ? this.phase.player : null; }

  /** The player of the past; null while the live edge plays, and before playback. */
  get past() { return this.phase.name === 'playing' ? this.phase.past : null; }

  start() {
    this.listen();
    if (!this.isPaused) this.playFirst();
    else {
      this.events.onStatus('wait', 'Paused');
      this.events.onMessage('play', 'Click to play');
    }
    this.frames.start();
    this.timers.push(window.setInterval(() => this.update(), UPDATE_INTERVAL));
  }

  /** Ends playback: no request, socket, timer or listener is left. */
  close() {
    const { player, video } = this;
    this.phase = { name: 'closed', choice: this.phase.choice };
    this.isPaused = true;
    player?.stop();
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
      this.events.onMessage('play');
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
    else this.playFirst();
  }

  pause() {
    this.isPaused = true;
    this.video.pause();
  }

  resume() {
    if (this.isPaused) return;
    this.video.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      this.events.onMessage('play', 'Click to play: the browser does not play by itself');
    });
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
    if (this.phase.name === 'closed') return;
    if (at > this.clock.now() / 1000 - LIVE_EDGE && !isPaused) {
      this.goLive();
      return;
    }
    this.events.onMessage('past');
    const { past, player, phase: { choice } } = this;
    this.pastFrom = at;
    if (player) this.events.onJump?.();
    if (past) past.seekTo(at);
    else if (player) this.play(choice.kind, choice.reason, choice.source);
  }

  /** Plays live again, also if the viewer had paused. */
  goLive() {
    const { phase: { choice, name } } = this, wasPast = this.isPast;
    this.pastFrom = null;
    if (name === 'closed') return;
    this.isPaused = false;
    if (wasPast && this.player) this.events.onJump?.();
    if (wasPast && this.player) this.play(choice.kind, choice.reason, choice.source);
    else if (this.player) this.resume();
    else this.playFirst();
  }

  /** @param {number} rate of playback in the past */
  chooseRate(rate) {
    this.pastRate = rate;
    this.past?.setRate(rate);
  }

  /** @param {LaterPlayers} later @param {Kind} kind */
  newPastPlayer(later, kind) {
    const host = hostOf(this, () => this.player === player), at = this.pastFrom ?? 0;
    const player = new later.PastPlayer(host, this.reach, { at, rate: this.pastRate }, {
      onEdge: () => {
        if (this.player === player) this.goLive();
      },
      onRefused: (reason) => {
        if (this.player === player) this.leavePast(kind, reason);
      },
    });
    return player;
  }

  /** @param {Kind} kind @param {string} reason why the past cannot be played */
  leavePast(kind, reason) {
    this.failed(reason, false);
    this.pastFrom = null;
    this.play(kind, this.phase.choice.reason, this.source);
    this.events.onMessage('past', `${reason}: playing live`, 'warn');
  }

  // Choice of the player

  /** Before this call nothing is requested. */
  playFirst() {
    const { kind } = this.options;
    this.events.onMessage('play');
    if (kind !== null) this.play(kind, 'requested');
    else if (isMPD(this.source) && this.options.scripts.dash) void this.playMPD();
    else this.playUsual(false);
    const isChosen = this.player !== null || this.options.later.loading !== null;
    if (!KINDS[this.kind].isOwn || !isChosen) this.services.start();
    else this.timers.push(window.setTimeout(() => this.services.start(), SERVICES_DELAY));
  }

  /** @param {boolean} hasDash */
  playUsual(hasDash) {
    const { sync } = this.options, { source } = this;
    const hasMediaSource = mediaSourceClass() !== undefined;
    const { kind, reason } = usualPlayer({ source, sync, hasMediaSource, hasDash });
    this.play(kind, reason);
  }

  /** Plays an MPD with dash.js if this server has it. */
  async playMPD() {
    const { signal: stop } = this.closing;
    this.options.later.preload();
    const hasDash = await hasDashScript(this.options.scripts.dash, stop);
    if (!this.player && !stop.aborted) this.playUsual(hasDash);
  }

  /** @param {Kind} kind */
  choosePlayer(kind) {
    this.pastFrom = null;
    this.tried.forget();
    forgetMissingSockets();
    this.options.later.code?.forgetMissingSockets();  // a file of its own has a state of its own
    for (const key of ['player', 'transport', 'script', 'src']) this.events.onMessage(key);
    this.services.start();
    this.play(kind, 'requested');
  }

  /** @param {Kind} kind @param {string} reason @param {string} [source] */
  play(kind, reason, source = this.options.source) {
    const { player: before } = this;
    before?.stop();
    this.captions.forgetVideo();
    /** @type {Choice} */
    const choice = { kind, source: sourceFor(kind, source), reason };
    this.phase = { name: 'waiting', choice };
    this.services.use(this.source);
    this.services.isUrgent = kind === 'dashjs';
    this.state.source = this.source;
    this.stalls.reset();
    this.frames.reset();
    this.latency = null;
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.crossOrigin = 'anonymous';
    this.video.load();
    this.targets.reset();
    const target = this.targets.targetFor(kind, this.source);
    this.controller = new LatencyController(target, KINDS[kind].latencyTolerance);
    for (const key of ['trouble', 'sound']) this.events.onMessage(key);
    this.events.onStatus('wait', 'Connecting');
    const heir = this.watch.isActing ? before : null, { later } = this.options;
    if (this.needsLater(kind) && !later.code) void this.beginLater(choice, heir);
    else this.begin(choice, heir);
  }

  /** @param {Kind} kind whether its player is in the code that is loaded later */
  needsLater(kind) { return this.isPast || kind !== 'frames'; }

  /**
   * Begins when the code of the player has arrived. Without it HTTP frames play.
   * @param {Choice} choice @param {Player | null} before
   */
  async beginLater(choice, before) {
    let problem = null;
    try {
      await this.options.later.load();
    } catch (error) {
      problem = `a part of the player was not loaded (${messageOf(error)})`;
    }
    if (this.phase.name !== 'waiting' || this.phase.choice !== choice) return;
    if (problem === null) this.begin(choice, before);
    else if (this.isPast) this.leavePast('frames', problem);
    else {
      this.tried.leaveAll('frames');
      this.fallBack(problem);
    }
  }

  /** @param {Choice} choice @param {Player | null} before whose choice of rendition is kept */
  begin(choice, before) {
    const { kind } = choice, { later: { code } } = this.options;
    const past = this.isPast && code ? this.newPastPlayer(code, kind) : null;
    /** @type {Player} */
    const player = past ?? this.newPlayer(kind);
    this.phase = { name: 'playing', choice, player, past };
    if (before) player.inherit?.(before);
    this.display = player.display ?? this.video;
    this.stalls.video = this.display;
    this.progress.video = this.display;
    this.state.player = kind;
    this.events.onPlayer(kind);
    this.closeControl();
    if (this.options.sync !== null && !this.isPast) this.openControl();
    this.watch.begin(kind);
    player.start();  // the last statement: it may call play() for another player
  }

  /** Why this player plays, and what a WebSocket does beside it. */
  get reason() {
    const { kind, reason } = this.phase.choice;
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
    if (this.tried.sockets === 'refused') return;
    this.controlSocket = new ControlSocket(this.source, sync, this.clock, {
      onOpen: (isOpen) => { this.services.isPushed = isOpen; },
      need: () => this.controller.need,
      onTarget: (target) => this.share(target),
      onEvent: (event) => this.queue.add(event),
      onSource: (presence) => this.services.push(presence),
      onMissing: (names) => this.watch.setMissing(names),
    });
  }

  closeControl() {
    this.controlSocket?.close();
    this.controlSocket = null;
    this.services.push(null);
  }

  /** @param {Kind} kind @returns {Player} */
  newPlayer(kind) {
    const host = hostOf(this, () => this.player === player);
    const target = this.targets.targetFor(kind, this.source);
    const { scripts, later: { code } } = this.options;
    const isUsable = this.tried.sockets === 'usable';
    const hasSocket = isUsable && !code?.hasNoSockets(socketAddress(this.source));
    const player = kind === 'frames' || !code ? newFramePlayer(host, target)
      : newLaterPlayer(code, kind, host, target, hasSocket, scripts);
    return player;
  }

  /**
   * Plays with the next player that may support the stream, in the same format.
   * @param {string} reason
   */
  fallBack(reason) {
    this.tried.unsupported.add(this.kind);
    const next = nextPlayer(this.source, this.tried.unsupported);
    this.failed(reason, next === null);
    if (!next) {
      this.player?.stop();
      this.phase = { name: 'waiting', choice: this.phase.choice };
      this.setStatus('dead', 'Cannot play', reason);
      return;
    }
    this.events.onMessage('player', `${reason}: playing with ${KINDS[next].title} instead`, 'warn');
    this.play(next, reason, this.source);
  }

  /**
   * The same player begins again, because the display stands still.
   * @param {string} reason
   */
  restart(reason) {
    this.failed(`${reason}: ${KINDS[this.kind].title} is restarted`, false);
    this.play(this.kind, this.phase.choice.reason, this.source);
  }

  /**
   * Plays with another player, because the display stands still.
   * @param {string} reason
   */
  changeTransport(reason) {
    const { unsupported, stoodStill } = this.tried, { later } = this.options;
    if (!later.code) {
      // The same connection would bring the code: nothing plays until then.
      later.preload();
      this.restart(reason);
      return;
    }
    stoodStill.set(this.kind, performance.now());
    const next = nextTransport(this.source, this.kind, unsupported, stoodStill);
    if (!next) {
      this.restart(reason);
      return;
    }
    const text = `${reason}: playing with ${KINDS[next].title} instead`;
    this.failed(text, false);
    this.events.onMessage('player', text, 'warn');
    this.play(next, reason, this.source);
  }

  /** @param {Status} status @param {string} text @param {string} [problem] */
  setStatus(status, text, problem) {
    this.status = statusAfter(this.status, status, problem, this.clock.now());
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

  /** The words for a stream without frames; null if it has some. */
  awayWords() {
    const { services, status: { name, problem, since } } = this;
    return !this.player || name === 'dead' || this.isPast && name === 'live' ? null : awayWords({
      source: services.presence, publisher: services.publisher,
      isReachable: services.isReachable, problem, isPlaying: name === 'live', changedAt: since,
    }, this.clock.now());
  }

  // Target latency

  /** @param {number | null} target s */
  chooseTarget(target) {
    this.targets.requested = target;
    this.applyTarget();
  }

  /** The latency at which a player begins, s: the group follows a member that needs more. */
  get firstTarget() {
    const target = this.targets.targetFor(this.kind, this.source);
    return Math.max(target, this.controller.shared ?? 0);
  }

  /** @param {number} target of the sync group, s */
  share(target) {
    this.controller.shared = target;
    this.player?.setTarget(this.firstTarget);
  }

  /**
   * On an MPD and in a sync group the latency approaches a new target by the playback rate,
   * elsewhere by a seek.
   */
  applyTarget() {
    const { player, controller, latency } = this;
    const target = this.targets.targetFor(this.kind, this.source);
    const isGradual = isMPD(this.source);
    if (target !== controller.requested) controller.request(target, isGradual);
    player?.setTarget(this.firstTarget);
    if (latency === null || isGradual || controller.shared !== null) return;
    if (!player?.isControlled()) return;
    const error = latency - target;
    if (Math.abs(error) > 0.2) player.seekBy(error, performance.now());
  }

  // Every 50 ms

  update() {
    const { player, controller } = this, now = performance.now();
    if (!player) return;
    player.update();
    if (this.player !== player) return;
    const { display } = this;
    if (this.progress.stoppedFor(now) > SILENT_STALL) this.stopped();
    this.followStalls(player, now);
    this.latency = player.latency();
    if (player.isControlled() && this.latency !== null && !display.paused && !display.seeking) {
      const ahead = secondsAhead(display), minimum = player.minimumTarget();
      const rate = controller.step(now / 1000, this.latency, minimum, ahead);
      if (display.playbackRate !== rate) display.playbackRate = rate;
      const seconds = controller.seek(now / 1000, this.latency, ahead);
      if (seconds > 0) player.seekBy(seconds, now);
    }
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
    const figures = figuresOf(this.state, controller.need);
    player.report?.(figures);
    this.controlSocket?.report(figures);
  }

  /** The display stands still; at the end of the stream and in the past that is no stall. */
  stopped() {
    if (this.status.name !== 'dead' && !this.isPast) this.stalls.begin(this.clock.now());
  }

  /**
   * A stall raises the target, except after the loss of a connection: no buffer of this length
   * would have prevented that stall.
   * @param {Player} player @param {number} now
   */
  followStalls(player, now) {
    const { current } = this.stalls, hasEnded = this.status.name === 'dead';
    const ended = hasEnded ? this.stalls.end() : this.stalls.update(now);
    if (ended && current && this.stalls.stalls.includes(current)) this.events.onStall(current);
    if (!ended || ended.seconds <= KINDS[this.kind].stallTolerance) return;
    if (!player.wasConnectedSince(ended.startedAt)) return;
    this.controller.stalled(now / 1000, ended.seconds);
  }
}
