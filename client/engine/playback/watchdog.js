// SPDX-License-Identifier: Apache-2.0
// The remedies for a display that stands still although the stream has newer media.

import { OWN_LIMITS } from '../players/kinds.js';
/** @typedef {import('../players/kinds.js').Limits} Limits */

/**
 * `probe`: find out whether the stream has newer media; `seek`: to the live edge, with new requests
 * if none brings media; `rendition`: another rendition; `restart`: the same player again;
 * `transport`: another player.
 * @typedef {import('../players/kinds.js').Remedy} Remedy
 */

/**
 * The state of the display.
 * @typedef {object} Facts
 * @property {number} frames the number of presented frames
 * @property {number} interval the usual time between two of them, s; 0 if unknown
 * @property {boolean} isWatched whether a moving display is expected: neither paused nor hidden,
 *   and the stream has not ended
 * @property {boolean | null | undefined} hasNewer whether the stream has newer media than the shown
 *   frame; null if unknown, undefined if the latest probe had no answer in time
 * @property {boolean} [isBound] whether the player cannot change its connection
 * @property {boolean} isStarved whether bytes arrive, but media seldom: a slow connection
 */

/** @type {Remedy[]} */
const REMEDIES = ['seek', 'rendition', 'restart', 'transport'];
/**
 * A longer time between two steps counts as this, s: the page itself did not run, and could not
 * show a frame.
 */
const STEP_LIMIT = 0.25;
/** The limits apply after this number of usual frame intervals without a frame. */
const MISSED_FRAMES = 3;
/** Frames that follow for this time are a recovery; for a shorter time, those of a seek, s. */
const RECOVERED = 1;
/** The time for the first frame, and for one after a pause, before the limits apply, s. */
const START_TIME = 5, RESUME_TIME = 1;
/** Newer media that becomes known late, as after an outage, is given this time, s. */
const GRACE_TIME = 0.2;
/** After a probe without an answer that time is longer: a new connection opens, s. */
const UNANSWERED_GRACE_TIME = 0.6;
/** The time between two probes, doubled after each one without newer media, s. */
const PROBE_INTERVAL = 0.5, LONGEST_PROBE_INTERVAL = 2;
/** The pause after the last remedy, doubled each time up to the second value, s. */
const FIRST_BREAK = 1.5, LONGEST_BREAK = 60;
/** On a slow connection a restart or another player does not help before this time, s. */
const STARVED_TIME = 5;

/**
 * Watches the presented frames of one display. It has no clock, timer or request of its own; times
 * in seconds.
 *
 * The remedies follow one after the other while the display stands still and newer media exists.
 * The time counts from the last frame, or from the latest probe without newer media: during an
 * outage of the server or of the source there is nothing to remedy.
 */
export class Watchdog {
  /** @param {Limits} limits */
  constructor(limits = OWN_LIMITS) {
    this.limits = limits;
    /** @type {number | null} of the latest step */
    this.now = null;
    this.frames = 0;
    /** The time since the latest frame, and the part of it with newer media. */
    this.still = 0;
    this.trouble = 0;
    /** The time for which frames have followed each other. */
    this.moving = 0;
    /** The index of the next remedy. */
    this.next = 0;
    this.pause = FIRST_BREAK;
    this.probedAt = -Infinity;
    this.probeInterval = PROBE_INTERVAL;
    /** Whether no frame was shown since the start. */
    this.isStarting = true;
    this.start();
  }

  /** A player starts by the viewer's choice. */
  start() {
    this.isStarting = true;
    this.suspend();
    this.next = 0;
    this.pause = FIRST_BREAK;
  }

  /** The display need not move now. */
  suspend() {
    this.rest();
    this.moving = 0;
    this.trouble = -(this.isStarting ? START_TIME : RESUME_TIME);
  }

  /** Whether a frame is overdue, so that the facts beside the number of frames are needed. */
  get isStill() { return this.still > this.limits.probe; }

  /** Everything counts from now on. */
  rest() {
    this.still = 0;
    this.trouble = 0;
    /** @type {boolean | null | undefined} that of the facts of the latest step */
    this.hasNewer = null;
    this.probedAt = -Infinity;
    this.probeInterval = PROBE_INTERVAL;
  }

  /**
   * @param {number} now @param {Facts} facts
   * @returns {Remedy | null} the remedy to apply now
   */
  step(now, facts) {
    const elapsed = Math.min(STEP_LIMIT, Math.max(0, now - (this.now ?? now)));
    this.now = now;
    if (!facts.isWatched) {
      this.frames = facts.frames;
      this.suspend();
      return null;
    }
    const delay = Math.max(0, MISSED_FRAMES * facts.interval - this.limits.probe);
    if (facts.frames !== this.frames) {
      this.shown(facts.frames, elapsed, delay);
      return null;
    }
    this.still += elapsed;
    this.trouble += elapsed;
    if (this.still <= this.limits.probe + delay) {
      this.moving += elapsed;
      return null;
    }
    this.moving = 0;
    if (this.trouble < 0) return null;
    // Connections that are lost without a sign hold the player's requests, and the probe behind
    // them: a browser opens six to a host, or one with HTTP/2. A seek cancels those requests. If
    // probes have answers over another connection, a bound player is replaced.
    const { hasNewer } = facts, before = this.hasNewer;
    this.hasNewer = hasNewer;
    if (hasNewer === undefined && before !== undefined) {
      if (facts.isBound) {
        this.next = REMEDIES.length - 1;
        this.trouble = this.limit(delay) - UNANSWERED_GRACE_TIME;
      }
      return 'seek';
    }
    if (hasNewer === false) {
      this.trouble = 0;
      this.next = 0;
    }
    if (hasNewer !== true) {
      const grace = hasNewer === undefined ? UNANSWERED_GRACE_TIME : GRACE_TIME;
      this.trouble = Math.min(this.trouble, this.limit(delay) - grace);
      return this.probe(now);
    }
    return this.remedy(facts.isStarved, delay);
  }

  /** @param {number} frames @param {number} elapsed @param {number} delay */
  shown(frames, elapsed, delay) {
    this.frames = frames;
    this.isStarting = false;
    this.moving = this.still > this.limits.probe + delay ? 0 : this.moving + elapsed;
    this.rest();
    if (this.moving < RECOVERED) return;
    this.next = 0;
    this.pause = FIRST_BREAK;
  }

  /** @param {number} now @returns {Remedy | null} */
  probe(now) {
    if (now - this.probedAt < this.probeInterval) return null;
    if (this.probedAt !== -Infinity) {
      this.probeInterval = Math.min(LONGEST_PROBE_INTERVAL, 2 * this.probeInterval);
    }
    this.probedAt = now;
    return 'probe';
  }

  /** @param {number} delay @returns {number} when the next remedy is due, s */
  limit(delay) {
    while (this.limits[REMEDIES[this.next]] === Infinity) this.next += 1;
    return this.limits[REMEDIES[this.next]] + delay;
  }

  /** @param {boolean} isStarved @param {number} delay @returns {Remedy | null} */
  remedy(isStarved, delay) {
    const limit = this.limit(delay), remedy = REMEDIES[this.next];
    const isUseless = isStarved && (remedy === 'restart' || remedy === 'transport');
    const due = isUseless ? Math.max(limit, STARVED_TIME) : limit;
    if (this.trouble < due) return null;
    this.trouble = due;  // the next remedy waits for the effect of this one
    this.next += 1;
    if (this.next < REMEDIES.length) return remedy;
    this.next = 0;
    this.trouble = -this.pause;
    this.pause = Math.min(LONGEST_BREAK, 2 * this.pause);
    return remedy;
  }
}
