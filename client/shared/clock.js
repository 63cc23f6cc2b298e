// SPDX-License-Identifier: Apache-2.0
// The server's clock, measured by its time service.

import { within } from './deadline.js';

const SAMPLES = 8;

/**
 * One exchange with the time service; all times in Unix ms.
 * @typedef {{ sent: number, received: number, server: number }} TimeSample
 */

/** The clock of this machine, Unix ms. */
export function localNow() { return performance.timeOrigin + performance.now(); }

/**
 * The offset by the sample with the shortest round trip; null without a sample.
 * @param {TimeSample[]} samples
 * @returns {{ offset: number, roundTrip: number } | null} `offset`: server clock − local clock, ms
 */
export function bestOffset(samples) {
  let best = null;
  for (const { sent, received, server } of samples) {
    const roundTrip = received - sent;
    if (!best || roundTrip < best.roundTrip) {
      best = { offset: server - (sent + received) / 2, roundTrip };
    }
  }
  return best;
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
    /** Server clock − local clock, ms. */
    this.offset = 0;
    /** @type {number | null} of the best sample, ms; null until a time service has responded */
    this.roundTrip = null;
    /** @type {Promise<boolean> | null} */
    this.measurement = null;
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
   * Takes the offset from measurements of another service.
   * @param {TimeSample[]} samples
   */
  learn(samples) {
    const best = bestOffset(samples);
    if (!best) return;
    this.offset = best.offset;
    this.roundTrip = best.roundTrip;
  }

  /** @param {string[]} urls */
  async measureFirst(urls) {
    for (const url of urls) {
      const best = bestOffset(await samplesOf(url, this.stop));
      if (!best) continue;
      this.offset = best.offset;
      this.roundTrip = best.roundTrip;
      return true;
    }
    return false;
  }
}
