// SPDX-License-Identifier: Apache-2.0
// Which renditions of a ladder are to be avoided.

/** A rendition in which the display stood still is avoided for this time, s. */
const AVOIDANCE = 15;

/**
 * Keeps the renditions that have no media at the moment, and those in which the display stood
 * still. Renditions are numbered from the top one. It has no clock of its own; times in seconds.
 */
export class Avoidance {
  constructor() {
    /** @type {Set<number>} renditions without media, by the server */
    this.missing = new Set();
    /** @type {Map<number, number>} until when others are avoided */
    this.until = new Map();
  }

  /** @param {Iterable<number>} indices the renditions without media */
  setMissing(indices) { this.missing = new Set(indices); }

  /**
   * @param {number} now @param {number} index a rendition in which the display stands still
   * @param {number} [seconds]
   */
  leave(now, index, seconds = AVOIDANCE) {
    if (index >= 0) this.until.set(index, Math.max(this.until.get(index) ?? 0, now + seconds));
  }

  /**
   * The renditions to avoid; none if that would be all of them.
   * @param {number} now @param {number} count of renditions
   * @param {boolean} isServed whether the server itself avoids renditions without media
   * @returns {Set<number>}
   */
  at(now, count, isServed = false) {
    const late = [...this.until].filter(([, until]) => now < until).map(([index]) => index);
    const missing = isServed ? [] : this.missing;
    for (const set of [new Set([...missing, ...late]), new Set(missing)]) {
      if ([...Array(count).keys()].some((index) => !set.has(index))) return set;
    }
    return new Set();
  }
}

/**
 * The rendition in place of one that is avoided: the next lower one, else the next higher one.
 * @param {number} index @param {number} count of renditions @param {Set<number>} avoided
 */
export function substituteFor(index, count, avoided) {
  const others = [...Array(count).keys()];
  const lower = others.find((other) => other >= index && !avoided.has(other));
  return lower ?? others.reverse().find((other) => other < index && !avoided.has(other)) ?? index;
}
