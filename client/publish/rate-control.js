// SPDX-License-Identifier: Apache-2.0
// The bit rate of a publisher, by the acknowledgements of the server. The buffer of the socket
// shows no congestion: the kernel's hides it.

/** Frames in the encoder above which the next one is left out. */
const MOST_QUEUED = 2;
/** Additional time of the way above which frames are left out, and the bit rate is lowered, ms. */
const LATE = 250, SLOW = 100;
/** For how long the way is slow before the bit rate is lowered, ms. */
const SLOW_TIME = 500;
/** The factors of the bit rate, and the times before it rises and between two rises, ms. */
const DOWN = 0.7, UP = 1.08, CALM_TIME = 10000, RISE_INTERVAL = 2000;
/** The lowest bit rate, kbit/s. */
const LOWEST = 150;
/** The time for which a measured way counts as the shortest, ms. */
const MEMORY = 30000;
/** The time without an acknowledgement after which the connection is lost, ms. */
const LOST = 3000;

/** Decides about the bit rate, and about leaving out frames: pure. */
export class RateControl {
  /** @param {number} wanted kbit/s */
  constructor(wanted) {
    this.wanted = wanted;
    this.kbps = wanted;
    /** Whether the last change was a fall. */
    this.wasLowered = false;
    /** @type {{ at: number, transit: number }[]} */
    this.transits = [];
    this.transit = 0;
    /** @type {number | null} */
    this.slowSince = null;
    this.changedAt = -Infinity;
    /** @type {Map<number, number>} sending times of video frames without acknowledgement, ms */
    this.unacknowledged = new Map();
  }

  /** Another connection begins; the bit rate stays. */
  restart() {
    this.transits = [];
    this.transit = 0;
    this.slowSince = null;
    this.unacknowledged.clear();
  }

  /** Other numbers begin, as of another description. */
  renumber() { this.unacknowledged.clear(); }

  /** @param {number} number of a frame @param {number} now ms */
  sent(number, now) { this.unacknowledged.set(number, now); }

  /**
   * Takes an acknowledgement.
   * @param {number} number the highest received frame
   * @param {number} received when the server received it, ms of the local clock
   * @param {number} now ms
   */
  acknowledged(number, received, now) {
    const sent = this.unacknowledged.get(number);
    for (const known of this.unacknowledged.keys()) {
      if (known > number) break;
      this.unacknowledged.delete(known);
    }
    if (sent === undefined) return;
    this.transit = received - sent;
    this.transits = this.transits.filter(({ at }) => now - at < MEMORY);
    this.transits.push({ at: now, transit: this.transit });
    if (this.delay <= SLOW) this.slowSince = null;
    else this.slowSince ??= now;
  }

  /** The time of the way above the shortest, ms. */
  get delay() {
    return this.transit - Math.min(...this.transits.map(({ transit }) => transit), this.transit);
  }

  /** @param {number} now ms @returns {number} the age of the oldest frame on the way, ms */
  waitingTime(now) {
    const [oldest] = this.unacknowledged.values();
    return oldest === undefined ? 0 : now - oldest;
  }

  /** @param {number} queued frames in the encoder @param {number} now ms */
  isCongested(queued, now) {
    return queued > MOST_QUEUED || this.delay > LATE || this.waitingTime(now) > LATE + 250;
  }

  /** @param {number} now ms @returns {boolean} whether the connection is lost */
  isLost(now) { return this.waitingTime(now) > LOST; }

  /**
   * The bit rate from now on; null if it stays.
   * @param {number} now ms @param {boolean} isSlow whether the encoder was too slow
   * @returns {number | null} kbit/s
   */
  step(now, isSlow = false) {
    const isLate = this.slowSince !== null && now - this.slowSince > SLOW_TIME
      || this.waitingTime(now) > LATE + 250;
    let next = this.kbps;
    if ((isLate || isSlow) && now - this.changedAt > 2 * SLOW_TIME) {
      next = Math.max(LOWEST, DOWN * this.kbps);
    } else if (!isLate && this.kbps < this.wanted) {
      const calm = this.wasLowered ? CALM_TIME : RISE_INTERVAL;
      if (now - this.changedAt > calm) next = Math.min(this.wanted, UP * this.kbps);
    }
    if (next === this.kbps) return null;
    this.wasLowered = next < this.kbps;
    this.kbps = next;
    this.changedAt = now;
    this.slowSince = null;
    return next;
  }

  /**
   * Applies a bit rate of the server; null if the present one is lower.
   * @param {number} kbps @param {number} now ms
   */
  limit(kbps, now) {
    if (!(kbps > 0) || kbps >= this.kbps) return null;
    this.kbps = Math.max(LOWEST, kbps);
    this.wasLowered = true;
    this.changedAt = now;
    return this.kbps;
  }
}
