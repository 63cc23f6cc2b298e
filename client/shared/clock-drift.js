// SPDX-License-Identifier: Apache-2.0
// The drift of the server's clock against the local one, by least squares over measurements.

/** The time for which measurements count, and the largest number of them. */
const DRIFT_MEMORY = 300000, DRIFT_CAPACITY = 64;
/** The fewest measurements, and the shortest time between the first and the last, ms. */
const FEWEST_MEASUREMENTS = 6, SHORTEST_SPAN = 15000;
/** The doubt of a measurement at least, ms: clocks of browsers have steps. */
const RESOLUTION = 0.25;
/** The number of measurements whose shorter round trips may have been luck. */
const SHORT_TRIPS = 3;
/** The number of standard deviations that are taken off the slope: the rest is certain. */
const CERTAINTY = 2;
/** The largest drift of clocks that run, ms in a ms. */
const LARGEST_DRIFT = 0.0005;

/**
 * @typedef {object} Measurement
 * @property {number} at local time, ms
 * @property {number} offset server clock − local clock, ms
 * @property {number} roundTrip ms
 */

/**
 * The drift over the measurements in ms in a ms; 0 if it is not known to be any other.
 *
 * Half of the round trip above the shortest one is the doubt of a measurement, whichever direction
 * it was delayed in.
 * @param {Measurement[]} measurements
 */
export function driftOf(measurements) {
  const [first] = measurements, last = measurements.at(-1);
  if (!first || !last || measurements.length < FEWEST_MEASUREMENTS) return 0;
  if (last.at - first.at < SHORTEST_SPAN) return 0;
  const trips = measurements.map(({ roundTrip }) => roundTrip).sort((a, b) => a - b);
  const shortest = trips[0] ?? 0, least = ((trips[SHORT_TRIPS] ?? 0) - shortest) / 2;
  const points = measurements.map(({ at, offset, roundTrip }) => ({
    x: at - first.at, y: offset - first.offset,
    weight: (RESOLUTION + Math.max(least, (roundTrip - shortest) / 2)) ** -2,
  }));
  const sum = (/** @type {(point: { x: number, y: number, weight: number }) => number} */ of) => (
    points.reduce((total, point) => total + point.weight * of(point), 0));
  const all = sum(() => 1), x = sum((point) => point.x) / all, y = sum((point) => point.y) / all;
  const spread = sum((point) => (point.x - x) ** 2);
  const slope = sum((point) => (point.x - x) * (point.y - y)) / spread;
  const residuals = sum((point) => (point.y - y - slope * (point.x - x)) ** 2);
  const deviation = Math.sqrt(Math.max(1, residuals / (points.length - 2)) / spread);
  const certain = Math.abs(slope) - CERTAINTY * deviation;
  return certain > 0 ? Math.sign(slope) * Math.min(LARGEST_DRIFT, certain) : 0;
}

/** The measurements of the last minutes. */
export class DriftMeter {
  constructor() {
    /** @type {Measurement[]} the newest last */
    this.measurements = [];
    /** ms in a ms */
    this.drift = 0;
  }

  /**
   * Adds a measurement. One that no drift explains begins again: a clock was set.
   * @param {Measurement} newest
   */
  add(newest) {
    const last = this.measurements.at(-1);
    if (last) {
      const doubt = (last.roundTrip + newest.roundTrip) / 2 + 1;
      const largest = doubt + LARGEST_DRIFT * (newest.at - last.at);
      if (Math.abs(newest.offset - last.offset) > largest) this.measurements = [];
    }
    this.measurements.push(newest);
    this.measurements = this.measurements.slice(-DRIFT_CAPACITY)
      .filter(({ at }) => newest.at - at <= DRIFT_MEMORY);
    this.drift = driftOf(this.measurements);
  }
}
