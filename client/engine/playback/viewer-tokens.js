// SPDX-License-Identifier: Apache-2.0
// The playback tokens of a viewer of a protected stream, one after another.

import { isRefusal } from '../../shared/errors.js';
import { hasOwnToken, maySignIn } from '../transport/playback-tokens.js';
import { addressWith, nextToken } from '../transport/sign-in.js';
import { tokenOf } from './refusal.js';
/** @typedef {import('../transport/playback-tokens.js').PlaybackToken} PlaybackToken */
/** @typedef {import('./playback.js').Playback} Playback */

/** The part of its time after which a token is replaced. */
const RENEWAL = 0.8;
/** The time before another attempt after one without an answer, ms. */
const RETRY = 5000;

/**
 * The address of the stream with the token after an expired one: a server that knows the viewer by
 * a cookie answers the address without a token, or leads to one with another token. Null if there
 * is none.
 * @param {string} source @param {AbortSignal} stop
 * @returns {Promise<string | null>}
 */
export async function nextAddress(source, stop) {
  const token = tokenOf(source);
  if (!token) return null;
  try {
    const { ok, url } = await fetch(token.address, { cache: 'no-store', signal: stop });
    return ok && url !== source ? url || token.address : null;
  } catch {
    return null;
  }
}

/** Asks for a token when the stream is refused, and for the next one while one is valid. */
export class ViewerTokens {
  /** @param {Playback} playback */
  constructor(playback) {
    this.playback = playback;
    this.timer = 0;
    playback.closing.signal.addEventListener('abort', () => clearTimeout(this.timer));
  }

  /** Asks for a token by the cookie of the browser; without one the stream stays refused. */
  async take() {
    const { playback } = this, { source, refusal, options, closing: { signal } } = playback;
    const { status, next } = maySignIn(source) ? await nextToken(source, options.name, signal)
      : { status: 0, next: null };
    const isLink = tokenOf(source) !== null && !hasOwnToken(source);
    const address = next || !isLink ? null : await nextAddress(source, signal);
    playback.isAsking = false;
    if (signal.aborted || playback.player) return;
    if (next) this.use(next);
    else if (address !== null) playback.useSource(address);
    else if (isLink) playback.failed('The playback token has expired', true);
    else if (refusal === null && status !== 401) playback.players.playFirst();
    else playback.missesPassword();
  }

  /**
   * Plays with a token of a password.
   * @param {PlaybackToken} token
   */
  use({ token, seconds }) {
    const { playback } = this;
    this.renewAfter(1000 * RENEWAL * seconds);
    playback.useSource(addressWith(playback.source, token, playback.options.name));
  }

  /** @param {number} ms */
  renewAfter(ms) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.renew(), ms);
  }

  /** Later requests have the next token; without one the server refuses them in time. */
  async renew() {
    const { playback } = this, { source, options, closing: { signal } } = playback;
    const { status, next } = await nextToken(source, options.name, signal);
    if (signal.aborted) return;
    if (next) {
      this.renewAfter(1000 * RENEWAL * next.seconds);
      // The browser's own HLS keeps the address that it was given.
      if (playback.kind === 'native') playback.players.playAgain();
    } else if (!isRefusal(status)) this.renewAfter(RETRY);
  }
}
