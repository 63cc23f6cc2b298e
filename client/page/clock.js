// SPDX-License-Identifier: Apache-2.0
import { within } from './deadline.js';

/**
 * The answer with the shortest round trip (all times in Unix ms).
 * @param {{ sent: number, received: number, server: number }[]} answers
 * @returns {{ offset: number, roundTrip: number } | null} offset: server's clock less ours
 */
export function bestOffset(answers) {
  let best = null;
  for (const { sent, received, server } of answers) {
    const roundTrip = received - sent;
    if (!best || roundTrip < best.roundTrip) best = { offset: server - (sent + received) / 2, roundTrip };
  }
  return best;
}

/** The server's clock, by /time?ms or what else tells the time. */
export class ServerClock {
  constructor() {
    this.offset = 0;
    /** @type {number | null} ms; null while the server was not asked or has no such service */
    this.roundTrip = null;
    /** @type {Promise<boolean> | null} */
    this.asking = null;
  }

  /** This browser's clock, Unix ms. */
  static local() { return performance.timeOrigin + performance.now(); }

  /** The server's clock, Unix ms. */
  now() { return ServerClock.local() + this.offset; }

  /**
   * Asks the first of these that answers; whoever asks meanwhile shares the answer.
   * @param {string[]} urls @returns {Promise<boolean>}
   */
  ask(urls) {
    const one = async () => {
      for (const url of urls) if (await this.measure(url)) return true;
      return false;
    };
    this.asking ??= one().finally(() => { this.asking = null; });
    return this.asking;
  }

  /**
   * Asks eight times and takes the best answer.
   * @param {string} url @returns {Promise<boolean>}
   */
  async measure(url) {
    const answers = [];
    try {
      for (let i = 0; i < 8; i += 1) {
        const sent = ServerClock.local();
        const response = await fetch(url, { cache: 'no-store', signal: within(2000) });
        const text = (await response.text()).trim();
        const server = /^[\d.]+$/.test(text) ? parseFloat(text) : Date.parse(text);
        const received = ServerClock.local();
        if (!response.ok || !(server > 1e12)) break;
        answers.push({ sent, received, server });
      }
    } catch { /* no answer is no sample */ }
    const best = bestOffset(answers);
    if (!best) return false;
    this.offset = best.offset;
    this.roundTrip = best.roundTrip;
    return true;
  }
}
