// SPDX-License-Identifier: Apache-2.0
// Applies the remedies of the watchdog to the player, or to the playback that chooses the player.

import { StatusError } from '../../shared/errors.js';
import { Avoidance } from '../renditions/avoidance.js';
import { NewestMedia } from '../server/newest-media.js';
import { changeConnection } from '../transport/connection.js';
import { isMPD, otherFormat } from '../transport/source.js';
import { KINDS } from '../players/kinds.js';
import { Watchdog } from './watchdog.js';
/** @typedef {import('../players/kinds.js').Kind} Kind */
/** @typedef {import('../server/newest-media.js').Newest} Newest */
/** @typedef {import('./playback.js').Playback} Playback */
/** @typedef {import('../players/kinds.js').Remedy} Remedy */

/** Media that is buffered this far after the shown frame is newer, s. */
const NEWER_BY = 0.3;
/** The newest media is newer than the shown frame by at least this, ms. */
const NEWER_MARGIN = 100;
/** A rendition whose newest media is older than that of another one by this is late, ms. */
const LATE_BY = 500;
/** A rendition without media is tried again after this time if the server names none, s. */
const BRIEF_AVOIDANCE = 3;

/** Watches the display of one playback. */
export class DisplayWatch {
  /** @param {Playback} playback */
  constructor(playback) {
    this.playback = playback;
    const { clock, closing, video } = playback;
    this.watchdog = new Watchdog();
    this.avoidance = new Avoidance();
    this.media = new NewestMedia(clock, closing.signal);
    /** The names of renditions without media, by the server. */
    this.missing = '';
    /** The applied set of avoided renditions. */
    this.applied = '';
    /**
     * Whether the latest probe has found newer media; null before it, undefined without an answer.
     * @type {boolean | null | undefined}
     */
    this.hasNewer = null;
    /** @type {(Newest | null | void)[]} the answers of the probe before */
    this.before = [];
    this.isProbing = false;
    /** The number of frames, and the server's time in Unix ms, when the display stopped. */
    this.stopped = { frames: -1, at: 0 };
    /** Whether a remedy replaces the player. */
    this.isActing = false;
    /** Whether any of the display is inside the window. */
    this.isInside = true;
    if (!('IntersectionObserver' in globalThis) || !video.parentElement) return;
    const observer = new IntersectionObserver((entries) => {
      this.isInside = entries[entries.length - 1].isIntersecting;
    });
    observer.observe(video.parentElement);
    closing.signal.addEventListener('abort', () => observer.disconnect());
  }

  /**
   * Another player plays.
   * @param {Kind} kind
   */
  begin(kind) {
    this.watchdog.limits = KINDS[kind].limits;
    this.applied = '';
    if (!this.isActing) this.watchdog.start();
  }

  /** The page was hidden, or is shown again. */
  rest() { this.watchdog.suspend(); }

  /**
   * The server names the renditions that have no media.
   * @param {string[]} names
   */
  setMissing(names) {
    const text = names.join(' ');
    if (text === this.missing) return;
    this.missing = text;
    this.media.learn(this.playlist).then(
      () => {
        if (this.missing === text) this.avoidance.setMissing(this.media.indicesOf(names));
      },
      // The next message of the server, which repeats the names, tries again.
      () => { this.missing = ''; });
  }

  /**
   * A player has found a rendition without media.
   * @param {number} index from the top one
   */
  leave(index) {
    const now = performance.now() / 1000;
    this.avoidance.leave(now, index, BRIEF_AVOIDANCE);
    this.avoid(now);
  }

  /** The playlist of the stream, also if an MPD is played. */
  get playlist() {
    const { source } = this.playback;
    return isMPD(source) ? otherFormat(source) ?? source : source;
  }

  /** Whether the display is expected to move. */
  get isWatched() {
    const { display, isPast, isPaused, player, state } = this.playback;
    return !isPaused && !isPast && !display.paused && !document.hidden && this.isInside
      && player?.wantsMedia?.() !== false && state.status !== 'dead';
  }

  /** @param {number} now of performance.now() */
  update(now) {
    const { playback, watchdog } = this, { frames } = playback;
    this.avoid(now / 1000);
    if (frames.frames !== this.stopped.frames) {
      this.stopped = { frames: frames.frames, at: playback.clock.now() };
      this.hasNewer = null;
      this.before = [];
    }
    const hasNewer = watchdog.isStill && this.aheadOf() > NEWER_BY ? true : this.hasNewer;
    const remedy = watchdog.step(now / 1000, {
      frames: frames.frames, interval: frames.interval(), isWatched: this.isWatched, hasNewer,
      isBound: playback.player?.changesConnection !== true,
      isStarved: watchdog.isStill && playback.player?.isStarved?.() === true,
    });
    if (remedy !== null) this.apply(remedy, now);
  }

  /** The media that is buffered after the shown frame, s; the last range may follow a gap. */
  aheadOf() {
    const { buffered, currentTime } = this.playback.display, { length } = buffered;
    return length === 0 ? 0 : buffered.end(length - 1) - currentTime;
  }

  /** @param {Remedy} remedy @param {number} now of performance.now() */
  apply(remedy, now) {
    const { playback } = this, { player } = playback;
    if (remedy === 'probe') {
      void this.probe();
      return;
    }
    const seconds = ((playback.clock.now() - this.stopped.at) / 1000).toFixed(1);
    const reason = `the picture stands still for ${seconds} s`;
    this.isActing = true;
    try {
      if (remedy === 'seek') player?.toEdge?.(now, this.watchdog.hasNewer !== undefined);
      else if (remedy === 'rendition') this.leaveShown(now / 1000);
      else if (remedy === 'restart') playback.players.restart(reason);
      else playback.players.changeTransport(reason);
    } finally {
      this.isActing = false;
    }
    // Before the player is replaced, media has to arrive at the server still.
    if (remedy === 'rendition' || remedy === 'restart') void this.probe();
  }

  // Renditions

  /** The number of renditions, and the index of the shown one; −1 if unknown. */
  get inUse() {
    const { player } = this.playback;
    if (player?.renditionInUse) return player.renditionInUse();
    const choice = player?.renditions();
    return { count: choice?.names.length ?? 0, current: choice?.current ?? -1 };
  }

  /** @param {number} now s */
  leaveShown(now) {
    this.avoidance.leave(now, this.inUse.current);
    this.avoid(now);
  }

  /**
   * Tells the player which renditions to avoid. Over a WebSocket the server avoids those without
   * media.
   * @param {number} now s
   */
  avoid(now) {
    const { player } = this.playback, { count } = this.inUse;
    if (!player?.avoid || count < 2) return;
    const avoided = this.avoidance.at(now, count, player.ownsSocket === true);
    const { missing } = this.avoidance;
    const text = [...[...avoided].sort(), ...[...missing].sort().map((i) => `m${i}`)].join();
    if (text === this.applied) return;
    this.applied = text;
    player.avoid(avoided, missing);
  }

  // The newest media

  /** Asks for the newest media, and leaves a rendition that is later than another one. */
  async probe() {
    if (this.isProbing) return;
    this.isProbing = true;
    const { playback, stopped, before } = this;
    try {
      const { services } = playback.services;
      const found = await this.media.load(this.playlist, services?.timestamps ?? null);
      if (this.stopped !== stopped) return;
      const latency = 1000 * (playback.latency ?? 0);
      this.hasNewer = hasNewerMedia(found, before, stopped.at, latency);
      this.before = found;
      if (isLate(found, this.inUse.current)) this.leaveShown(performance.now() / 1000);
    } catch (error) {
      if (this.stopped !== stopped) return;
      // A refused connection, as of a server that restarts, holds no other request.
      this.hasNewer = error instanceof TypeError ? false : undefined;
      const isAnswered = error instanceof StatusError;
      if (this.hasNewer === undefined && !isAnswered) changeConnection(this.playlist);
    } finally {
      this.isProbing = false;
    }
  }
}

/**
 * Whether a rendition has media that is newer than the shown frame. From the second answer on the
 * media has to grow: the last parts of a source that is away may be published after the stop.
 * @param {(Newest | null | void)[]} found
 * @param {(Newest | null | void)[]} before the answers of another probe since the display stopped
 * @param {number} stoppedAt when the display stopped, Unix ms
 * @param {number} latency of the display, ms; 0 if unknown
 */
export function hasNewerMedia(found, before, stoppedAt, latency) {
  const isFirst = !before.some(Boolean);
  return found.some((newest, index) => {
    if (!newest) return false;
    if (!isFirst) return newest.count > (before[index]?.count ?? Infinity);
    if (newest.at === null) return false;
    return newest.at > (newest.isPublishTime ? stoppedAt : stoppedAt - latency) + NEWER_MARGIN;
  });
}

/**
 * Whether another rendition has newer media than this one.
 * @param {(Newest | null | void)[]} found @param {number} index
 */
export function isLate(found, index) {
  const own = found[index]?.at;
  return typeof own === 'number' && found.some((newest) => (newest?.at ?? 0) > own + LATE_BY);
}
