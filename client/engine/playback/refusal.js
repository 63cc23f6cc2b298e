// SPDX-License-Identifier: Apache-2.0
// The consequences of a server's refusal of the stream.

import { hasOwnToken, maySignIn } from '../transport/playback-tokens.js';

/**
 * A server's answer to the request for the stream: its `reason` is the line that the server gave.
 * `at` and `retryAt` are Unix ms on the server's clock; without `retryAt` nothing is requested any
 * more. `expires` is the end of the playback token in the address, Unix s, null without one.
 * @typedef {object} Refusal
 * @property {number} status
 * @property {string} reason
 * @property {number} at
 * @property {number | null} retryAt
 * @property {number | null} expires
 */

/** `/t/KID.EXP.SID.SIG/` of an address. */
const TOKEN = /\/t\/[\w-]+\.(\d+)\.[\w-]+\.[\w-]+(?=\/)/;

/**
 * The playback token in an address: its end, Unix s, and the address without it; null without one.
 * @param {string} url
 */
export function tokenOf(url) {
  const { pathname } = new URL(url), found = TOKEN.exec(pathname);
  if (!found) return null;
  const address = new URL(url);
  address.pathname = pathname.replace(TOKEN, '');
  return { expires: Number(found[1]), address: address.href };
}

/**
 * The consequence of an answer to the request for the stream: `stop` requests nothing more, `next`
 * asks for a token, or the one after an expired one, `retry` tries again after the time in the
 * answer.
 *
 * A page that has never shown the stream stops at a stream that does not exist; one that has shown
 * it goes on, since a stream that restarts does not exist for a while.
 * @param {number} status @param {boolean} hasShown whether a picture was shown
 * @param {boolean} mayAsk whether a token may be asked for; see `mayAskToken`
 * @returns {'stop' | 'next' | 'retry'}
 */
export function answerTo(status, hasShown, mayAsk) {
  if (mayAsk) return 'next';
  if (status === 401 || status === 403 || status === 410) return 'stop';
  return status === 404 && !hasShown ? 'stop' : 'retry';
}

/**
 * Whether the browser may have a cookie by which a refused stream plays: without a token, with a
 * former one of a password, and with one that has expired.
 * @param {number} status @param {string} source
 */
export function mayAskToken(status, source) {
  if (status === 401) return maySignIn(source);
  return status === 410 ? tokenOf(source) !== null : status === 403 && hasOwnToken(source);
}
