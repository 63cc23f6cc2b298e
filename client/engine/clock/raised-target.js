// SPDX-License-Identifier: Apache-2.0
// The raise of a target latency by the lateness that a line has shown.

/** No stall raises the target above this, s. */
export const HIGHEST_RAISED_TARGET = 2;
/** A longer stall is an outage: no target of a live player would have prevented it, s. */
const OUTAGE = 0.5;
/** A shorter stall shows a frame for the duration of three frames at most, s. */
const SHORT_STALL = 0.1;
/** Stalls at most this far apart belong to one disturbance, and one disturbance lasts, s. */
const SAME_DISTURBANCE = 3, LONGEST_DISTURBANCE = 5;
/** Stalls in this time after the start of playback are no evidence for a slow connection, s. */
const START = 3;
/** The time for which a disturbance is remembered, s. */
const MEMORY = 60;
/** The weights of disturbances by outages, and by short stalls only; others have 1. */
const OUTAGE_WEIGHT = 0.5, SHORT_WEIGHT = 0.25;
/** A second disturbance raises the target by at most this for longer, s; each other doubles it. */
const FIRST_WEIGHT = 2, FIRST_RAISE = 0.06;
/** Media is decoded and shown this time after its arrival, s. */
const MARGIN = 0.04;
/** A smaller lack of media is no reason to raise the target, s. */
const LEAST_LACK = 0.03;
/** One disturbance raises the target until this time after its last stall, s. */
const BRIEF_TIME = 1.2;
/**
 * The raise is kept for this time after media was late enough for it, s. The time is doubled by
 * each disturbance that follows a lowered raise, from the second one on, up to the second value: a
 * target that falls between the disturbances of a line prevents none of them.
 */
const HOLD = 6, LONGEST_HOLD = 48;
/** A raise that is not kept is halved at this interval, s, and ends below the second value, s. */
const FALL_INTERVAL = 1, LEAST_RAISE = 0.02;

/**
 * Raises a target after stalls. All times in seconds on one monotonic clock.
 *
 * The raise is the lack of media that the line has shown: by how much the latest media would have
 * come too late for the target without a raise. One disturbance, a group of stalls, raises the
 * target for a moment only. If disturbances return within a minute, the raise is kept for some
 * seconds after media was late, and then falls. Stalls during the start do not count.
 */
export class RaisedTarget {
  constructor() {
    /** This is added to the target, s. */
    this.raise = 0;
    /** @type {{ start: number, end: number, weight: number }[]} disturbances, oldest first */
    this.disturbances = [];
    /** @type {{ at: number, seconds: number }[]} lacks of media, each longer than later ones */
    this.lacks = [];
    /** @type {number | null} */
    this.startedAt = null;
    this.stalledAt = -Infinity;
    /** Whether the lacks of media are to be prevented. */
    this.isLasting = false;
    /** The raise that the disturbances permit, s. */
    this.highest = 0;
    /** When the raise may fall next. */
    this.fallsAt = -Infinity;
    /** The number of disturbances, in the time that is remembered, that followed a fall. */
    this.returns = 0;
  }

  /** The time for which a raise is kept, s. */
  get hold() { return Math.min(LONGEST_HOLD, HOLD * 2 ** Math.max(0, this.returns - 1)); }

  /**
   * A stall of `seconds` has ended now.
   * @param {number} now @param {number} seconds
   */
  stalled(now, seconds) {
    const isOutage = seconds >= OUTAGE;
    if (!isOutage) this.stalledAt = now;
    if (now - seconds - (this.startedAt ?? now) < START) return;
    const usual = isOutage ? OUTAGE_WEIGHT : 1;
    // A stall that the raise has shortened counts as it would have been.
    const weight = seconds + this.raise < SHORT_STALL ? SHORT_WEIGHT : usual;
    const last = this.disturbances[this.disturbances.length - 1];
    const isSame = last && now - last.end < SAME_DISTURBANCE + seconds
      && now - last.start < LONGEST_DISTURBANCE;
    if (last && isSame) {
      last.end = now;
      last.weight = Math.max(last.weight, weight);
    } else {
      this.disturbances = this.disturbances.filter(({ end }) => now - end < MEMORY);
      if (this.disturbances.length === 0) this.returns = 0;
      else if (this.highest > 0 && !this.isLasting) this.returns += 1;
      this.disturbances.push({ start: now - seconds, end: now, weight });
    }
    const sum = this.disturbances.reduce((before, one) => before + one.weight, 0);
    if (!this.isLasting) this.highest = 0;
    this.isLasting ||= sum >= FIRST_WEIGHT;
    // A raise that prevents disturbances keeps the limit that they have set.
    const highest = FIRST_RAISE * 2 ** (sum - FIRST_WEIGHT);
    if (this.isLasting) this.highest = Math.max(this.highest, highest);
  }

  /**
   * The raise of the target now, s.
   * @param {number} now
   * @param {number} base the target without a raise
   * @param {number} lateness of the newest media: the age of the end of the buffer
   */
  step(now, base, lateness) {
    this.startedAt ??= now;
    this.take(now, lateness + MARGIN - base);
    const shown = this.lacks[0]?.seconds ?? 0;
    const wanted = this.isLasting ? Math.min(shown, this.highest) : 0;
    if (wanted >= this.raise) {
      this.raise = wanted;
      this.fallsAt = now;
    } else if (now >= this.fallsAt) {
      const half = this.raise / 2;
      this.raise = Math.max(wanted, half < LEAST_RAISE ? 0 : half);
      this.fallsAt = now + FALL_INTERVAL;
    }
    if (this.raise === 0 && now - this.stalledAt > this.hold) this.isLasting = false;
    const isBrief = now - this.stalledAt < BRIEF_TIME;
    const brief = isBrief ? Math.min(FIRST_RAISE, shown) : 0;
    return Math.max(this.raise, brief);
  }

  /** @param {number} now @param {number} lack s */
  take(now, lack) {
    // The media of an outage was missing since its start.
    const isOutage = lack > OUTAGE + MARGIN, since = isOutage ? now - lack - MARGIN : Infinity;
    this.lacks = this.lacks.filter(({ at, seconds }) => (
      now - at <= this.hold && at < since && seconds > lack));
    if (!isOutage && lack >= LEAST_LACK) this.lacks.push({ at: now, seconds: lack });
  }
}
