// SPDX-License-Identifier: Apache-2.0
// Control of the latency by the playback rate and by seeks.

import { HIGHEST_RAISED_TARGET, RaisedTarget } from './raised-target.js';

/** The latency error at which the control starts and at which it ends, s. */
const START_ERROR = 0.025, END_ERROR = 0.008;
const SLOWEST = 0.94, FASTEST = 1.2;
/** The change of the rate per second of error: of a latency that is too low, and too high. */
const GAIN = 0.6, LATE_GAIN = 1.5;
/**
 * In a sync group an error is seen beside the other members. The control therefore starts and ends
 * at this share of the usual errors, with a higher gain.
 */
const GROUP_TOLERANCE = 0.5, GROUP_GAIN = 3;
/**
 * For a rate above 1, this much media will still be buffered at the target of the sync group, s.
 * The lateness of the media is the greatest one in the last `GROUP_WINDOW` s, which is several
 * frames. A member with a slow connection never has much more.
 */
const GROUP_RESERVE = 0.02, GROUP_WINDOW = 0.2;
/**
 * A stall takes a member of a sync group out of step with the others. To have fewer, a member asks
 * for this much more than its connection needs: a frame at 30 frames per second, s.
 */
const GROUP_MARGIN = 0.034;
/** Smaller changes of the rate are not applied. */
const RATE_STEP = 0.004;

/** A larger error is removed by a seek, s. */
const SEEK_ERROR = 0.5;
/**
 * The least time between two seeks, s. It is doubled up to the second value by each seek within
 * `SEEK_MEMORY` s after another: on a slow machine a seek costs more than it gains.
 */
const SEEK_INTERVAL = 1, LONGEST_SEEK_INTERVAL = 16, SEEK_MEMORY = 20;
/** The share of the target that must be buffered after a seek, and for a rate above 1. */
const RESERVE = 0.5;
/**
 * Media that arrives faster than it is published is a backlog: during `BACKLOG_WINDOW` s the end of
 * the buffer approaches the live edge by more than `BACKLOG_STEP` s. A seek waits for its end, but
 * at most `LONGEST_BACKLOG` s.
 */
const BACKLOG_WINDOW = 0.25, BACKLOG_STEP = 0.15, LONGEST_BACKLOG = 1.5;
/**
 * The delays of a connection that was slow do not count when all media of this time was less late,
 * s, by this margin, s.
 */
const RECENT = 0.6, RECENT_MARGIN = 0.06;

/**
 * Holds a target latency. All times in seconds; `now` on any monotonic clock.
 *
 * After a disturbance the latency is too high. An error above 0.5 s is removed by a seek as soon as
 * the media at the target is buffered, a smaller one by the playback rate.
 */
export class LatencyController {
  /**
   * @param {number} requested
   * @param {number} [tolerance] the share of the usual errors at which the control starts and ends
   */
  constructor(requested, tolerance = 1) {
    this.tolerance = tolerance;
    this.requested = requested;
    this.target = requested;
    /** The target that the connection and the decoder need. */
    this.need = requested;
    /** @type {number | null} the target of a sync group, in place of the one that is needed */
    this.shared = null;
    this.raised = new RaisedTarget();
    this.rate = 1;
    this.isActive = false;
    /** Whether the connection needs more than the requested target. */
    this.isSlow = false;
    /** Whether the latency approaches a requested target: then it is not changed by a seek. */
    this.isApproaching = false;
    this.soughtAt = -Infinity;
    this.seekInterval = SEEK_INTERVAL;
    /** @type {number | null} since when a seek is due */
    this.lateSince = null;
    /** @type {{ at: number, delay: number }[]} latencies of the end of the buffer */
    this.ends = [];
  }

  /**
   * @param {number} requested
   * @param {boolean} [byRate] whether it is to be reached without a seek
   */
  request(requested, byRate = false) {
    this.requested = requested;
    this.target = requested;
    this.raised = new RaisedTarget();
    this.isApproaching = byRate;
  }

  /**
   * A stall of `seconds` has ended now.
   * @param {number} now @param {number} seconds
   */
  stalled(now, seconds) { this.raised.stalled(now, seconds); }

  /**
   * The playback rate from now on.
   * @param {number} now
   * @param {number} latency
   * @param {number} minimum the lowest target that the connection allows
   * @param {number} ahead the buffered time after the playback position
   */
  step(now, latency, minimum = 0, ahead = Infinity) {
    this.ends = this.ends.filter(({ at }) => now - at <= RECENT);
    this.ends.push({ at: now, delay: latency - ahead });
    const recent = this.greatestLateness(now, RECENT) + RECENT_MARGIN;
    const margin = this.shared === null || minimum === 0 ? 0 : GROUP_MARGIN;
    const floor = Math.min(HIGHEST_RAISED_TARGET, Math.min(minimum, recent) + margin);
    // Stalls raise the target also where the connection alone needs more than was requested.
    const base = Math.max(this.requested, floor);
    const raise = this.raised.step(now, base, latency - ahead);
    this.isSlow = base > this.requested;
    this.need = Math.min(base + raise, Math.max(base, HIGHEST_RAISED_TARGET));
    const isOutside = this.shared === null || this.need > HIGHEST_RAISED_TARGET;
    this.target = isOutside ? this.need : this.shared ?? this.need;
    const error = latency - this.target;
    const tolerance = this.tolerance * (isOutside ? 1 : GROUP_TOLERANCE);
    if (Math.abs(error) > START_ERROR * tolerance) this.isActive = true;
    else {
      this.isApproaching = false;
      if (Math.abs(error) < END_ERROR * tolerance) this.isActive = false;
    }
    const isShort = isOutside ? ahead < RESERVE * Math.min(1, this.target)
      : this.target - this.greatestLateness(now, GROUP_WINDOW) < GROUP_RESERVE;
    const alone = error > 0 ? LATE_GAIN : GAIN, gain = isOutside ? alone : GROUP_GAIN;
    const wanted = error > 0 && isShort ? 1 : 1 + gain * error;
    const rate = this.isActive ? Math.min(FASTEST, Math.max(SLOWEST, wanted)) : 1;
    const hasEnded = rate === 1 && this.rate !== 1;
    if (Math.abs(rate - this.rate) > RATE_STEP || hasEnded) this.rate = rate;
    return this.rate;
  }

  /**
   * The time by which to seek forward now; 0 for no seek. Call it after `step`.
   * @param {number} now
   * @param {number} latency
   * @param {number} ahead the buffered time after the playback position
   */
  seek(now, latency, ahead) {
    const error = latency - this.target;
    if (error <= SEEK_ERROR || this.isApproaching) {
      this.lateSince = null;
      return 0;
    }
    const seconds = Math.min(error, ahead - RESERVE * Math.min(1, this.target));
    if (seconds < SEEK_ERROR || now - this.soughtAt < this.seekInterval) return 0;
    this.lateSince ??= now;
    const window = this.isSlow ? RECENT : BACKLOG_WINDOW;
    if (this.isBacklog(now, window) && now - this.lateSince < LONGEST_BACKLOG) return 0;
    this.lateSince = null;
    const isRepeated = now - this.soughtAt < SEEK_MEMORY, longer = 2 * this.seekInterval;
    this.seekInterval = isRepeated ? Math.min(LONGEST_SEEK_INTERVAL, longer) : SEEK_INTERVAL;
    this.soughtAt = now;
    return seconds;
  }

  /**
   * The greatest lateness of media in the last `time` s, s.
   * @param {number} now @param {number} time at most `RECENT`, s
   */
  greatestLateness(now, time) {
    return Math.max(...this.ends.filter(({ at }) => now - at <= time).map(({ delay }) => delay));
  }

  /** @param {number} now @param {number} time s */
  isBacklog(now, time) {
    return this.greatestLateness(now, time) - this.ends[this.ends.length - 1].delay > BACKLOG_STEP;
  }
}
