// SPDX-License-Identifier: Apache-2.0
// The playback tokens of a viewer with a password, one after another.

import { isRefusal } from '../../shared/errors.js';
import { nextToken } from '../transport/playback-tokens.js';
/** @typedef {import('../transport/playback-tokens.js').PlaybackToken} PlaybackToken */
/** @typedef {import('./playback.js').Playback} Playback */

/** The part of its time after which a token is replaced. */
const RENEWAL = 0.8;
/** The time before another attempt after one without an answer, ms. */
const RETRY = 5000;

/** Asks for the next token while the present one is valid. */
export class TokenRenewal {
  /** @param {Playback} playback */
  constructor(playback) {
    this.playback = playback;
    this.timer = 0;
    playback.closing.signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /** @param {PlaybackToken} token that plays now */
  follow({ seconds }) { this.after(1000 * RENEWAL * seconds); }

  /** @param {number} ms */
  after(ms) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.renew(), ms);
  }

  /** Later requests have the next token; without one the server refuses them in time. */
  async renew() {
    const { source, options, closing: { signal } } = this.playback;
    const { status, next } = await nextToken(source, options.name, signal);
    if (signal.aborted) return;
    if (next) {
      this.follow(next);
      // The browser's own HLS keeps the address that it was given.
      if (this.playback.kind === 'native') this.playback.players.playAgain();
    } else if (!isRefusal(status)) this.after(RETRY);
  }
}
