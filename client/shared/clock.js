// SPDX-License-Identifier: Apache-2.0
// The server's clock, measured by its time service.

import { DriftMeter } from './clock-drift.js';
import { within } from './deadline.js';

const SAMPLES = 8;
/** The rate at which the offset approaches a measurement: 0.5 ms in a second. */
const SLEW = 0.0005;
/** The time of the first measurements, of which the better ones count at once, ms. */
const FIRST_TIME = 3000;

/**
 * One exchange with the time service; all times in Unix ms.
 * @typedef {{ sent: number, received: number, server: number }} TimeSample
 */

/** The clock of this machine, Unix ms. */
export function localNow() { return performance.timeOrigin + performance.now(); }

/**
 * A sample as a measurement of the offset, at its middle.
 * @param {TimeSample} sample
 * @returns {import('./clock-drift.js').Measurement}
 */
function measurementOf({ sent, received, server }) {
  const at = (sent + received) / 2;
  return { at, offset: server - at, roundTrip: received - sent };
}

/**
 * The measurement by the sample with the shortest round trip; null without a sample.
 * @param {TimeSample[]} samples
 */
export function bestOffset(samples) {
  /** @type {import('./clock-drift.js').Measurement | null} */
  let best = null;
  for (const measurement of samples.map(measurementOf)) {
    if (!best || measurement.roundTrip < best.roundTrip) best = measurement;
  }
  return best;
}

/**
 * The samples that agree with the newest one: the clock was set between it and the others.
 * @param {TimeSample[]} samples the newest last
 */
export function agreeing(samples) {
  const newest = samples.at(-1);
  if (!newest) return samples;
  const offset = (/** @type {TimeSample} */ sample) => measurementOf(sample).offset;
  const doubt = (/** @type {TimeSample} */ { sent, received }) => (received - sent) / 2;
  return samples.filter((sample) => (
    Math.abs(offset(sample) - offset(newest)) <= doubt(sample) + doubt(newest) + 1));
}

/**
 * Asks a time service. The response is a number of Unix ms, or a date as in xs:dateTime.
 * @param {string} url @param {AbortSignal} [stop]
 * @returns {Promise<TimeSample[]>} empty if the service does not exist
 */
async function samplesOf(url, stop) {
  /** @type {TimeSample[]} */
  const samples = [];
  try {
    for (let i = 0; i < SAMPLES; i += 1) {
      const sent = localNow();
      const server = await within(2000, async (signal) => {
        const response = await fetch(url, { cache: 'no-store', signal });
        const text = (await response.text()).trim();
        if (!response.ok) return NaN;
        return /^[\d.]+$/.test(text) ? parseFloat(text) : Date.parse(text);
      }, stop);
      const received = localNow();
      if (!(server > 1e12)) break;
      samples.push({ sent, received, server });
    }
  } catch { /* the samples until now count */ }
  return samples;
}

/** The server's clock as an offset from the local one. */
export class ServerClock {
  /** @param {AbortSignal} [stop] ends measurements */
  constructor(stop) {
    this.stop = stop;
    /** Server clock − local clock, ms, by the latest measurement. */
    this.measured = 0;
    /** The time of the first measurement, Unix ms. */
    this.firstAt = 0;
    /** The part of `measured` that is not applied yet, ms, and the time of that, Unix ms. */
    this.rest = 0;
    this.restAt = 0;
    /** @type {number | null} of the best sample, ms; null until a time service has responded */
    this.roundTrip = null;
    this.drift = new DriftMeter();
    /** @type {Promise<boolean> | null} */
    this.measurement = null;
  }

  /** Server clock − local clock, ms. It changes slowly, except at the start and if it was set. */
  get offset() {
    const applied = (localNow() - this.restAt) * SLEW;
    return this.measured - Math.sign(this.rest) * Math.max(0, Math.abs(this.rest) - applied);
  }

  /**
   * Takes a measurement. A difference that it can explain is applied slowly: playback follows.
   * @param {{ offset: number, roundTrip: number }} best
   */
  take({ offset, roundTrip }) {
    const error = offset - this.offset;
    const now = localNow();
    if (this.roundTrip === null) this.firstAt = now;
    const isBetter = this.roundTrip === null
      || roundTrip < this.roundTrip && now - this.firstAt < FIRST_TIME;
    const isSet = isBetter || Math.abs(error) > (roundTrip + (this.roundTrip ?? 0)) / 2 + 1;
    this.rest = isSet ? 0 : error;
    this.restAt = now;
    this.measured = offset;
    this.roundTrip = roundTrip;
  }

  /** Unix ms on the server's clock. */
  now() { return localNow() + this.offset; }

  /**
   * Measures the offset with the first of these services that responds. Concurrent callers share
   * one measurement.
   * @param {string[]} urls
   * @returns {Promise<boolean>} whether a service has responded
   */
  measure(urls) {
    this.measurement ??= this.measureFirst(urls).finally(() => { this.measurement = null; });
    return this.measurement;
  }

  /**
   * Takes the offset from measurements of another service: that of the best one, and the drift
   * since then.
   * @param {TimeSample[]} samples the newest last; the others are known already
   */
  learn(samples) {
    const best = bestOffset(samples), newest = samples.at(-1);
    if (!best || !newest) return;
    const measurement = measurementOf(newest);
    this.drift.add(measurement);
    const { roundTrip } = best, drifted = this.drift.drift * (measurement.at - best.at);
    this.take({ offset: best.offset + drifted, roundTrip });
  }

  /** @param {string[]} urls */
  async measureFirst(urls) {
    for (const url of urls) {
      const best = bestOffset(await samplesOf(url, this.stop));
      if (!best) continue;
      this.drift.add(best);
      this.take(best);
      return true;
    }
    return false;
  }
}
