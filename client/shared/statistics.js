// SPDX-License-Identifier: Apache-2.0
// Quantiles of measured values.

/** @typedef {{ count: number, min: number, median: number, p95: number, max: number }} Spread */

/**
 * The value below which the share `q` of the numbers is; NaN without numbers.
 * @param {number[]} numbers
 * @param {number} q 0–1
 */
export function quantile(numbers, q) {
  if (numbers.length === 0) return NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** The latest samples of one quantity, at most `capacity` of them. */
export class Samples {
  /** @param {number} [capacity] */
  constructor(capacity = 200_000) {
    this.capacity = capacity;
    /** @type {number[]} */
    this.values = [];
    /** Samples since the last `clear`, dropped ones included. */
    this.count = 0;
  }

  /** @param {number} value */
  add(value) {
    this.values[this.count % this.capacity] = value;
    this.count += 1;
  }

  clear() {
    this.values = [];
    this.count = 0;
  }

  /** @param {number} q 0–1 @returns {number} NaN without a sample */
  quantile(q) { return quantile(this.values, q); }

  /** @returns {Spread | null} null without a sample */
  spread() {
    if (this.count === 0) return null;
    const [min, median, p95, max] = [0, 0.5, 0.95, 1].map((q) => this.quantile(q));
    return { count: this.count, min, median, p95, max };
  }
}
