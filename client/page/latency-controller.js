// SPDX-License-Identifier: Apache-2.0
// Control of the latency by the playback rate.

/** The latency error at which the control starts and at which it ends, s. */
const START_ERROR = 0.025, END_ERROR = 0.008;
const SLOWEST = 0.94, FASTEST = 1.1;
/** Smaller changes of the rate are not applied. */
const RATE_STEP = 0.004;
/** No stall raises the target above this, s. */
const HIGHEST_RAISED_TARGET = 2;
/** The time without a stall after which a raised target is lowered, s. */
const QUIET_TIME = 8;

/**
 * Holds a target latency. All times in seconds; `now` on any monotonic clock.
 *
 * A stall multiplies the target by 1.5, up to 2 s. Eight seconds without a stall multiply a raised
 * target by 0.9, down to the requested one.
 */
export class LatencyController {
  /** @param {number} requested */
  constructor(requested) {
    this.requested = requested;
    this.target = requested;
    this.rate = 1;
    this.isActive = false;
    this.quietSince = -Infinity;
  }

  /** @param {number} requested */
  request(requested) {
    this.requested = requested;
    this.target = requested;
  }

  /** @param {number} now */
  stalled(now) {
    const raised = Math.min(HIGHEST_RAISED_TARGET, this.target * 1.5);
    this.target = Math.max(this.target, raised);
    this.quietSince = now;
  }

  /**
   * The playback rate from now on.
   * @param {number} now
   * @param {number} latency
   * @param {number} minimum the lowest target that the connection allows
   */
  step(now, latency, minimum = 0) {
    const floor = Math.max(this.requested, Math.min(HIGHEST_RAISED_TARGET, minimum));
    if (this.target < floor) this.target = floor;
    else if (this.target > floor && now - this.quietSince >= QUIET_TIME) {
      this.target = Math.max(floor, this.target * 0.9);
      this.quietSince = now;
    }
    const error = latency - this.target;
    if (Math.abs(error) > START_ERROR) this.isActive = true;
    else if (Math.abs(error) < END_ERROR) this.isActive = false;
    const rate = this.isActive ? Math.min(FASTEST, Math.max(SLOWEST, 1 + 0.6 * error)) : 1;
    const hasEnded = rate === 1 && this.rate !== 1;
    if (Math.abs(rate - this.rate) > RATE_STEP || hasEnded) this.rate = rate;
    return this.rate;
  }
}
