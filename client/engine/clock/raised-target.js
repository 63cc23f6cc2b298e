// SPDX-License-Identifier: Apache-2.0
// The raise of a target latency by stalls.

/** Each stall multiplies the raised target by this. */
const FACTOR = 1.5;
/** No stall raises the target above this, s. */
export const HIGHEST_RAISED_TARGET = 2;
/** A longer stall is an outage: no target of a live player would have prevented it, s. */
const OUTAGE = 0.5;
/** Stalls at most this far apart belong to one disturbance, and one disturbance lasts, s. */
const SAME_DISTURBANCE = 3, LONGEST_DISTURBANCE = 5;
/** Stalls in this time after the start of playback are no evidence for a slow connection, s. */
const START = 3;
/** One disturbance raises the target by at most this, s. */
const HIGHEST_BRIEF_RAISE = 0.25;
/** This time after its last stall a brief raise ends, s. */
const BRIEF_TIME = 1.2;
/** The time for which a disturbance is remembered, s. */
const MEMORY = 60;
/** The time without a stall after which a lasting raise is lowered by a tenth, s. */
const QUIET_TIME = 8;

/**
 * Raises a target after stalls. All times in seconds on one monotonic clock.
 *
 * One disturbance, a group of stalls, raises the target for a few seconds only. If disturbances
 * return within a minute, the raise lasts. A disturbance by short stalls counts twice as much as an
 * outage, since a higher target would have prevented it. Stalls during the start do not count.
 */
export class RaisedTarget {
  /** @param {number} requested */
  constructor(requested) {
    this.requested = requested;
    /** The target after several disturbances. */
    this.lasting = requested;
    /** The target after one disturbance. */
    this.brief = requested;
    /** @type {{ start: number, end: number, isOutage: boolean }[]} disturbances, oldest first */
    this.disturbances = [];
    /** @type {number | null} */
    this.startedAt = null;
    this.stalledAt = -Infinity;
    this.loweredAt = -Infinity;
  }

  /**
   * A stall of `seconds` has ended now.
   * @param {number} now @param {number} seconds
   */
  stalled(now, seconds) {
    const isOutage = seconds >= OUTAGE;
    this.stalledAt = now;
    this.loweredAt = now;
    if (!isOutage) {
      const highest = Math.max(this.lasting, this.requested + HIGHEST_BRIEF_RAISE);
      this.brief = Math.min(highest, Math.max(this.brief, this.lasting) * FACTOR);
    }
    if (now - seconds - (this.startedAt ?? now) < START) return;
    const last = this.disturbances[this.disturbances.length - 1];
    const isSame = last && now - last.end < SAME_DISTURBANCE + seconds
      && now - last.start < LONGEST_DISTURBANCE;
    if (last && isSame) {
      last.end = now;
      last.isOutage &&= isOutage;
      return;
    }
    this.disturbances = this.disturbances.filter(({ end }) => now - end < MEMORY);
    this.disturbances.push({ start: now - seconds, end: now, isOutage });
    const weights = this.disturbances.map((disturbance) => (disturbance.isOutage ? 0.5 : 1));
    if (weights.reduce((sum, weight) => sum + weight, 0) < 2) return;
    const highest = Math.max(this.requested, HIGHEST_RAISED_TARGET);
    this.lasting = Math.min(highest, this.lasting * FACTOR);
  }

  /**
   * The target now.
   * @param {number} now
   */
  step(now) {
    this.startedAt ??= now;
    if (now - this.loweredAt >= QUIET_TIME) {
      this.lasting = Math.max(this.requested, this.lasting * 0.9);
      this.loweredAt = now;
    }
    const isBrief = now - this.stalledAt < BRIEF_TIME;
    this.brief = isBrief ? Math.max(this.brief, this.lasting) : this.lasting;
    return this.brief;
  }
}
