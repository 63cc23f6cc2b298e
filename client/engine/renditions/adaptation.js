// SPDX-License-Identifier: Apache-2.0
// The choice of a rendition by the arrival of its chunks and by the frames that the decoder drops.

import { Lateness, WINDOW } from './lateness.js';

/** A lag above this ends a probe, and dropped frames do not count during it, s. */
const LATE = 0.08;
/** A lowest lag above this ends the quiet time, s. */
const QUIET_LAG = 0.05;
/** A lowest lag above this share of the target, within these limits, is trouble, s. */
const TROUBLE_SHARE = 0.3, LEAST_TROUBLE = 0.1, MOST_TROUBLE = 0.5;
/** The share of the measured rate that a lower rendition may have. */
const USABLE_SHARE = 0.8;
/** The quiet time before a probe, s: doubled by each failed one, up to the second value. */
const FIRST_QUIET_TIME = 5, LONGEST_QUIET_TIME = 120;
/** Trouble within this time after a rise was caused by it, s. */
const TRIAL = 15;
/** A chosen rendition is shown after at most this time, s; else the choice is judged again. */
const LONGEST_SWITCH = 3;
/** The rest of a segment is left out if it is later than this, s. */
const LEAVING_LAG = 0.3;

/** The time over which dropped frames are counted, s. */
const DROP_WINDOW = 2;
/** The share of frames, and the number of frames, whose loss is the decoder's trouble. */
const DROP_SHARE = 0.2, LEAST_DROPS = 8;
/** The time for which a rendition that the decoder cannot play is avoided, s; doubled each time. */
const FIRST_AVOIDANCE = 60, LONGEST_AVOIDANCE = 960;

/**
 * What the viewer has: `target` in seconds; the numbers of frames that were dropped, and of all;
 * whether the display plays and is visible; false in `mayRise` if the next higher rendition has no
 * media.
 * @typedef {{ target: number, dropped: number, total: number, isWatched: boolean,
 *   mayRise?: boolean }} Viewing
 */

/**
 * Chooses one of several renditions; has no clock, timer or request of its own. All times in
 * seconds.
 *
 * Down: media arrives later than usual over half a second, while bytes flow, and the lag does not
 * fall. The next rendition has at most 80 % of the measured rate. Or: the decoder drops every fifth
 * frame although media arrives in time.
 *
 * Up: after a quiet time, if a probe of the next higher rendition succeeds.
 */
export class Adaptation {
  /** @param {number[]} bandwidths of the renditions in bit/s, the top one first */
  constructor(bandwidths) {
    this.lateness = new Lateness();
    this.bandwidths = bandwidths;
    /** The chosen rendition, and the one of the latest chunk. */
    this.index = 0;
    this.shown = 0;
    this.isProbing = false;
    this.wait = FIRST_QUIET_TIME;
    this.quietSince = -Infinity;
    this.raisedAt = -Infinity;
    /** Arrivals are judged from this time on. */
    this.judgedFrom = Infinity;
    /** @type {{ at: number, dropped: number, total: number }[]} */
    this.counts = [];
    /** @type {Map<number, { until: number, time: number }>} renditions to avoid */
    this.avoided = new Map();
  }

  /** Another connection: the arrivals until now do not count. */
  restart() {
    this.lateness.restart();
    this.judgedFrom = Infinity;
    this.isProbing = false;
  }

  /** @param {number} now @param {number} bytes */
  piece(now, bytes) { this.lateness.piece(now, bytes); }

  /** @param {number} now @param {number} time media time @param {number} index of its rendition */
  chunk(now, time, index) {
    if (index !== this.shown || this.judgedFrom === Infinity) {
      this.lateness.restart();
      this.shown = index;
      this.judgedFrom = now;
      this.quietSince = now;
      this.counts = [];
    }
    this.lateness.chunk(now, time);
  }

  /**
   * The viewer has chosen a rendition; the automatic choice will continue with it.
   * @param {number} now @param {number} index
   */
  hold(now, index) {
    this.index = index;
    this.isProbing = false;
    this.quietSince = now;
    this.raisedAt = -Infinity;
  }

  /**
   * Judges the arrivals until now; `index` may change.
   * @param {number} now @param {Viewing} viewing
   * @returns {'probe' | 'cancel' | null} what to do with a probe of the next higher rendition
   */
  step(now, viewing) {
    const isSwitching = this.index !== this.shown && now - this.judgedFrom < LONGEST_SWITCH;
    const isLate = this.lateness.lag(now) > LATE;
    if (this.lateness.lowest(now) > QUIET_LAG || isSwitching) this.quietSince = now;
    if (now - this.raisedAt > TRIAL && this.raisedAt > 0) {
      this.raisedAt = -Infinity;
      this.wait = FIRST_QUIET_TIME;
    }
    if (isSwitching) return this.isProbing ? this.cancelled(now) : null;
    if (this.isInTrouble(now, viewing.target)) {
      this.lower(now, this.lateness.rate(now));
      return this.isProbing ? this.cancelled(now) : null;
    }
    if (this.dropsFrames(now, viewing, isLate)) {
      const { time } = this.avoided.get(this.shown) ?? { time: FIRST_AVOIDANCE / 2 };
      const longer = Math.min(LONGEST_AVOIDANCE, 2 * time);
      this.avoided.set(this.shown, { until: now + longer, time: longer });
      this.lower(now, Infinity);
      return this.isProbing ? this.cancelled(now) : null;
    }
    if (this.isProbing) return isLate ? this.cancelled(now) : null;
    const isAvoided = viewing.mayRise === false
      || now < (this.avoided.get(this.index - 1)?.until ?? -Infinity);
    if (this.index === 0 || isAvoided || now - this.quietSince < this.wait) return null;
    this.isProbing = true;
    return 'probe';
  }

  /**
   * A probe has ended.
   * @param {number} now @param {boolean} hasSucceeded
   */
  probed(now, hasSucceeded) {
    if (!this.isProbing) return;
    this.isProbing = false;
    this.quietSince = now;
    if (!hasSucceeded || this.index === 0) {
      this.wait = Math.min(LONGEST_QUIET_TIME, 2 * this.wait);
      return;
    }
    this.index -= 1;
    this.raisedAt = now;
    this.judgedFrom = now;
  }

  /** @param {number} now @returns {'cancel'} */
  cancelled(now) {
    this.probed(now, false);
    return 'cancel';
  }

  /** @param {number} now @param {number} target s */
  isInTrouble(now, target) {
    const { lateness } = this;
    if (now - this.judgedFrom < WINDOW || this.shown === this.bandwidths.length - 1) return false;
    const limit = Math.min(MOST_TROUBLE, Math.max(LEAST_TROUBLE, TROUBLE_SHARE * target));
    return lateness.lowest(now) > limit && lateness.isFlowing(now) && !lateness.isFalling(now);
  }

  /**
   * Whether the decoder drops frames that arrived in time.
   * @param {number} now @param {Viewing} viewing @param {boolean} isLate
   */
  dropsFrames(now, { dropped, total, isWatched }, isLate) {
    const last = this.counts[this.counts.length - 1];
    if (isLate || !isWatched || total < (last?.total ?? 0)) this.counts = [];
    if (isLate || !isWatched) return false;
    this.counts.push({ at: now, dropped, total });
    while (now - (this.counts[1]?.at ?? now) >= DROP_WINDOW) this.counts.shift();
    const [first] = this.counts, drops = dropped - first.dropped;
    if (now - first.at < DROP_WINDOW || this.shown === this.bandwidths.length - 1) return false;
    return drops >= LEAST_DROPS && drops >= DROP_SHARE * (total - first.total);
  }

  /** @param {number} now @param {number} rate that the connection has, bit/s */
  lower(now, rate) {
    const lowest = this.bandwidths.length - 1;
    const fitting = this.bandwidths.findIndex((bandwidth) => bandwidth <= USABLE_SHARE * rate);
    const next = Math.max(this.shown + 1, fitting < 0 ? lowest : fitting);
    if (now - this.raisedAt < TRIAL) this.wait = Math.min(LONGEST_QUIET_TIME, 2 * this.wait);
    this.index = Math.min(lowest, next);
    this.raisedAt = -Infinity;
    this.judgedFrom = now;
    this.counts = [];
  }

  /**
   * Whether the rest of a segment is to be left out: a lower rendition is chosen, and its media is
   * already published while the rest is still under way.
   * @param {number} now @param {number} end media time of the segment's end
   */
  leaves(now, end) {
    const { lateness } = this;
    return this.index > this.shown && lateness.lag(now) > LEAVING_LAG
      && lateness.livePosition(now) - end > LEAVING_LAG;
  }
}
