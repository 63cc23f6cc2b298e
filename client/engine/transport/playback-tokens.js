// SPDX-License-Identifier: Apache-2.0
// Playback tokens of viewers with a password: a part of the addresses of media for ten minutes.

/**
 * A token, and for how long it is valid, s.
 * @typedef {{ token: string, seconds: number }} PlaybackToken
 */

/** `/t/TOKEN/` of an address. */
export const PREFIX = /\/t\/([^/?#]+)(?=\/)/;

/**
 * The first and the newest token of a viewer, by each of them. The second file of the player has
 * modules of its own, and this map in common.
 * @type {Map<string, { first: string, newest: string }>}
 */
export const chains =
  (/** @type {any} */ (globalThis))[Symbol.for('streamer tokens')] ??= new Map();

/** Whether this page has got tokens by a password. */
export const hasTokens = () => chains.size > 0;

/** @param {string | URL} url @param {'first' | 'newest'} wanted token in place of another one */
function withToken(url, wanted) {
  const text = String(url), known = chains.size === 0 ? null : PREFIX.exec(text);
  const chain = known && chains.get(known[1]);
  return known && chain ? text.replace(known[0], `/t/${chain[wanted]}`) : text;
}

/**
 * An address with the newest token of the viewer, for a request.
 * @param {string | URL} url
 */
export const withNewestToken = (url) => withToken(url, 'newest');

/**
 * An address with the first token of the viewer, for comparisons with others.
 * @param {string} url
 */
export const withFirstToken = (url) => withToken(url, 'first');

/** @param {string} url whether its token is of a password */
export function hasOwnToken(url) { return chains.has(PREFIX.exec(url)?.[1] ?? ''); }

/**
 * The address without a token of a password, by which others may watch too.
 * @param {string} url
 */
export const withoutOwnToken = (url) => (hasOwnToken(url) ? url.replace(PREFIX, '') : url);

/**
 * Whether a page may sign in: one of the server itself, and in no frame of another site, which has
 * no cookies.
 * @param {string} source
 */
export function maySignIn(source) {
  if (new URL(source).origin !== location.origin) return false;
  try {
    return window.top === null || window.top.location.origin === location.origin;
  } catch {
    return false;
  }
}
