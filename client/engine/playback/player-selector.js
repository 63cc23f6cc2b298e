// SPDX-License-Identifier: Apache-2.0
// The player of one playback: which one, when it begins, and which one follows it.

import { messageOf } from '../../shared/errors.js';
import { mediaSourceClass } from '../feed/media-feed.js';
import { FIRST_KIND, newFirstPlayer, newLaterPlayer } from '../players/new-player.js';
import { KINDS } from '../players/kinds.js';
import { socketAddress } from '../transport/llws.js';
import { forgetMissingSockets, hasNoSockets } from '../transport/socket.js';
import { isMPD } from '../transport/source.js';
import { nextPlayer, sourceFor, TriedPlayers, usualPlayer } from './player-choice.js';
import { hostOf } from './player-host.js';
/** @typedef {import('../players/kinds.js').Kind} Kind */
/** @typedef {import('../players/new-player.js').LaterPlayers} LaterPlayers */
/** @typedef {import('../players/past-player.js').PastPlayer} PastPlayer */
/** @typedef {import('../players/player.js').Player} Player */
/** @typedef {import('./playback.js').Playback} Playback */
/** @typedef {import('./player-choice.js').Choice} Choice */

/**
 * The services are asked after this time if the player has not named them, ms: until then the
 * connection is for the first frame. Over a WebSocket they are not needed.
 */
const SERVICES_DELAY = 1000;

/**
 * `waiting`: for a click, for the choice of a player, or for its code. `playing`, also while
 * paused: `player` has the stream, `past` is the same one in the past. `closed`: nothing plays any
 * more.
 * @typedef {{ name: 'waiting' | 'closed', choice: Choice }
 *   | { name: 'playing', choice: Choice, player: Player, past: PastPlayer | null }} SelectorState
 */

/** Begins, replaces and stops the player. */
export class PlayerSelector {
  /** @param {Playback} playback */
  constructor(playback) {
    this.playback = playback;
    const { source } = playback.options;
    /** @type {SelectorState} */
    this.state = { name: 'waiting', choice: { kind: 'frames', source, reason: '' } };
    this.tried = new TriedPlayers();
  }

  get choice() { return this.state.choice; }

  get player() { return this.state.name === 'playing' ? this.state.player : null; }

  get past() { return this.state.name === 'playing' ? this.state.past : null; }

  /** Stops the player; the next one may begin. */
  pause() {
    const { choice, player } = this;
    this.state = { name: 'waiting', choice };
    player?.stop();
  }

  get isClosed() { return this.state.name === 'closed'; }

  close() {
    const { player } = this;
    this.state = { name: 'closed', choice: this.choice };
    player?.stop();
  }

  /** Before this call nothing is requested. */
  playFirst() {
    const { options, services, timers } = this.playback, { kind } = options;
    if (this.playback.asksFirst()) return;
    services.isHalted = false;
    if (kind !== null) this.play(kind, 'requested');
    else if (isMPD(this.choice.source) && options.scripts.dash) void this.playMPD();
    else this.playUsual(false);
    const isChosen = this.player !== null || options.later.loading !== null;
    if (!KINDS[this.choice.kind].isOwn || !isChosen) services.start();
    else timers.push(window.setTimeout(() => services.start(), SERVICES_DELAY));
  }

  /** @param {boolean} hasDash */
  playUsual(hasDash) {
    const { sync } = this.playback.options, { source } = this.choice;
    const hasMediaSource = mediaSourceClass() !== undefined;
    const { kind, reason } = usualPlayer({ source, sync, hasMediaSource, hasDash });
    this.play(kind, reason);
  }

  /** Plays an MPD with dash.js if this server has it. */
  async playMPD() {
    const { closing: { signal: stop }, options } = this.playback;
    const hasDash = await options.later.load().then(
      (code) => code.hasDashScript(options.scripts.dash, stop), () => false);
    if (!this.player && !stop.aborted) this.playUsual(hasDash);
  }

  /**
   * The viewer chooses a player.
   * @param {Kind} kind
   */
  choose(kind) {
    const { events, options, services } = this.playback;
    this.tried.forget();
    forgetMissingSockets();
    options.later.code?.forgetMissingSockets();  // a file of its own has a state of its own
    for (const key of ['player', 'transport', 'script', 'src']) events.onMessage(key);
    services.start();
    this.play(kind, 'requested');
  }

  /** @param {Kind} kind @param {string} reason @param {string} [source] */
  play(kind, reason, source = this.playback.options.source) {
    const { playback, player: before } = this;
    before?.stop();
    /** @type {Choice} */
    const choice = { kind, source: sourceFor(kind, source), reason };
    this.state = { name: 'waiting', choice };
    playback.reset();
    const heir = playback.watch.isActing ? before : null, { later } = playback.options;
    if (this.needsLater(kind) && !later.code) void this.beginLater(choice, heir);
    else this.begin(choice, heir);
  }

  /** The same player begins again: at the live edge, or in the past. */
  playAgain() { this.play(this.choice.kind, this.choice.reason, this.choice.source); }

  /** @param {Kind} kind whether its player is in the code that is loaded later */
  needsLater(kind) { return this.playback.isPast || kind !== FIRST_KIND; }

  /**
   * Begins when the code of the player has arrived. Without it the first player plays.
   * @param {Choice} choice @param {Player | null} before
   */
  async beginLater(choice, before) {
    const { playback } = this;
    let problem = null;
    try {
      await playback.options.later.load();
    } catch (error) {
      problem = `a part of the player was not loaded (${messageOf(error)})`;
    }
    if (this.state.name !== 'waiting' || this.state.choice !== choice) return;
    if (problem === null) this.begin(choice, before);
    else if (playback.isPast) playback.leavePast(FIRST_KIND, problem);
    else {
      this.tried.leaveAll(FIRST_KIND);
      this.fallBack(problem);
    }
  }

  /** @param {Choice} choice @param {Player | null} before whose choice of rendition is kept */
  begin(choice, before) {
    const { playback } = this, { kind } = choice, { code } = playback.options.later;
    const past = playback.isPast && code ? this.newPastPlayer(code, kind) : null;
    /** @type {Player} */
    const player = past ?? this.newPlayer(kind);
    this.state = { name: 'playing', choice, player, past };
    if (before) player.inherit?.(before);
    playback.follow(player);
    player.start();  // the last statement: it may call play() for another player
  }

  /** @param {Kind} kind @returns {Player} */
  newPlayer(kind) {
    const { playback, choice: { source } } = this;
    const host = hostOf(playback, () => this.player === player);
    const target = playback.target.choice.targetFor(kind, source);
    const { scripts, later: { code } } = playback.options;
    const isUsable = this.tried.sockets === 'usable';
    const address = socketAddress(source);
    const hasSocket = isUsable && !hasNoSockets(address) && !code?.hasNoSockets(address);
    const player = kind === FIRST_KIND || !code ? newFirstPlayer(host, target)
      : newLaterPlayer(code, kind, host, target, hasSocket, scripts);
    return player;
  }

  /** @param {LaterPlayers} later @param {Kind} kind */
  newPastPlayer(later, kind) {
    const { playback } = this, { pastFrom, pastRate: rate, reach } = playback;
    const host = hostOf(playback, () => this.player === player);
    const player = new later.PastPlayer(host, reach, { at: pastFrom ?? 0, rate }, {
      onEdge: () => {
        if (this.player === player) playback.goLive();
      },
      onRefused: (reason) => {
        if (this.player === player) playback.leavePast(kind, reason);
      },
    });
    return player;
  }

  /**
   * Plays with the next player that may support the stream, in the same format.
   * @param {string} reason
   */
  fallBack(reason) {
    const { playback, choice, tried } = this;
    tried.unsupported.add(choice.kind);
    const next = nextPlayer(choice.source, tried.unsupported);
    playback.failed(reason, next === null);
    if (!next) {
      this.player?.stop();
      this.state = { name: 'waiting', choice };
      playback.setStatus('dead', 'Cannot play', reason);
      return;
    }
    const text = `${reason}: playing with ${KINDS[next].title} instead`;
    playback.events.onMessage('player', text, 'warn');
    this.play(next, reason, choice.source);
  }

  /**
   * The same player begins again, because the display stands still.
   * @param {string} reason
   */
  restart(reason) {
    this.playback.failed(`${reason}: ${KINDS[this.choice.kind].title} is restarted`, false);
    this.playAgain();
  }

  /**
   * Plays with another player, because the display stands still.
   * @param {string} reason
   */
  changeTransport(reason) {
    const { playback, choice: { kind, source } } = this;
    const { unsupported, stoodStill } = this.tried, { later } = playback.options;
    if (!later.code) {
      // The same connection would bring the code: nothing plays until then.
      later.preload();
      this.restart(reason);
      return;
    }
    stoodStill.set(kind, performance.now());
    const next = later.code.nextTransport(source, kind, unsupported, stoodStill);
    if (!next) {
      this.restart(reason);
      return;
    }
    const text = `${reason}: playing with ${KINDS[next].title} instead`;
    playback.failed(text, false);
    playback.events.onMessage('player', text, 'warn');
    this.play(next, reason, source);
  }
}
