// SPDX-License-Identifier: Apache-2.0

/**
 * Holds a latency by the playback rate. All in seconds; `now` on any monotonic clock.
 * A stall makes the target half as long again (2 s at most), eight quiet seconds a tenth shorter,
 * down to what was asked for.
 */
export class LatencyController {
  /** @param {number} wanted */
  constructor(wanted) {
    this.wanted = wanted;
    this.target = wanted;
    this.rate = 1;
    this.active = false;
    this.calmSince = -Infinity;
  }

  /** @param {number} wanted */
  want(wanted) {
    this.wanted = wanted;
    this.target = wanted;
  }

  /** @param {number} now */
  stalled(now) {
    this.target = Math.max(this.target, Math.min(2, this.target * 1.5));
    this.calmSince = now;
  }

  /**
   * The rate to play at.
   * @param {number} now
   * @param {number} behind how far what is shown lies behind the server's clock
   * @param {number} lowest a target that can be held on this connection
   */
  step(now, behind, lowest = 0) {
    const floor = Math.max(this.wanted, Math.min(2, lowest));
    if (this.target < floor) this.target = floor;
    else if (this.target > floor && now - this.calmSince >= 8) {
      this.target = Math.max(floor, this.target * 0.9);
      this.calmSince = now;
    }
    const error = behind - this.target;
    if (Math.abs(error) > 0.025) this.active = true;
    else if (Math.abs(error) < 0.008) this.active = false;
    const rate = this.active ? Math.min(1.1, Math.max(0.94, 1 + 0.6 * error)) : 1;
    if (Math.abs(rate - this.rate) > 0.004 || (rate === 1 && this.rate !== 1)) this.rate = rate;
    return this.rate;
  }
}
