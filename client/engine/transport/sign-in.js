// SPDX-License-Identifier: Apache-2.0
// Playback tokens by a password, and by the cookie of a viewer who has signed in.

import { within } from '../../shared/deadline.js';
import { chains, PREFIX } from './playback-tokens.js';
/** @typedef {import('./playback-tokens.js').PlaybackToken} PlaybackToken */

/** A stream in a path: its server, the path below it, and its name. */
const STREAM = /^(.*?\/)((?:ldash\/(?:play\/)?)?([^/]+)\/(?:auto\/)?[^/]*)$/;
/** The server verifies passwords one after another, ms. */
const TIMEOUT = 60000;
/** The most tokens that are known; of each chain the first and the newest are not forgotten. */
const MOST_KNOWN = 256;
/** The waits of an attempt that the server was too busy for, and their number. */
const BUSY_WAIT = 1000, MOST_WAIT = 10_000, MOST_WAITS = 5;

/**
 * The parts of a stream's address without a token.
 * @param {string} source @param {string} [served] the name that the page has for the stream
 */
function partsOf(source, served) {
  const url = new URL(source), path = url.pathname.replace(PREFIX, '');
  const [, root, rest, escaped] = STREAM.exec(path) ?? ['', '/', path.slice(1), ''];
  let name = escaped;
  try { name = decodeURIComponent(escaped); } catch { /* it is no name of ours */ }
  if (served === undefined || name === served) return { url, root, rest, name };
  // The page of the default stream is in the folder of the server.
  const [folder, file] = [path.replace(/[^/]*$/, ''), path.replace(/^.*\//, '')];
  return { url, root: folder, rest: file, name: served };
}

/**
 * The address of a stream with a token.
 * @param {string} source @param {string} token @param {string} [served]
 */
export function addressWith(source, token, served) {
  const { url, root, rest } = partsOf(source, served), next = new URL(url);
  next.pathname = `${root}t/${token}/${rest}`;
  return next.href;
}

/** @param {string} address of `login` @param {Record<string, string>} fields */
function post(address, fields) {
  const path = new URL(address).pathname.replace(/(\/login).*$/, '$1');
  const body = new URLSearchParams({ ...fields, path });
  return (/** @type {AbortSignal} */ signal) => (
    fetch(address, { method: 'POST', body, cache: 'no-store', signal }));
}

/**
 * Takes the token in a response of `login`.
 * @param {Response} response @param {string} source for which it was asked
 * @returns {Promise<PlaybackToken | null>}
 */
async function tokenIn(response, source) {
  if (!response.ok) return null;
  const { token, seconds } = await response.json();
  if (typeof token !== 'string' || !(seconds > 0)) return null;
  const chain = chains.get(PREFIX.exec(source)?.[1] ?? '') ?? { first: token, newest: token };
  chain.newest = token;
  chains.set(token, chain);
  // Players keep the address with the first token.
  for (const [key, { first, newest }] of chains) {
    if (chains.size > MOST_KNOWN && key !== first && key !== newest) chains.delete(key);
  }
  return { token, seconds };
}

/**
 * The next token of a viewer whose browser has the cookie of the stream. `status`: that of the
 * answer; 0 without one.
 * @param {string} source @param {string | undefined} served @param {AbortSignal} stop
 * @returns {Promise<{ status: number, next: PlaybackToken | null }>}
 */
export async function nextToken(source, served, stop) {
  const { url, root, name } = partsOf(source, served);
  try {
    const ask = post(`${url.origin}${root}login/${encodeURIComponent(name)}`, {});
    return await within(TIMEOUT, async (signal) => {
      const response = await ask(signal);
      return { status: response.status, next: await tokenIn(response, source) };
    }, stop);
  } catch {
    return { status: 0, next: null };
  }
}

/**
 * Signs in with a password. `wait`: after which time another attempt is permitted, s.
 * @param {string} source @param {string | undefined} served @param {string} password
 * @returns {Promise<{ status: number, wait: number, next: PlaybackToken | null }>} `status` is 0
 *   without an answer
 */
export async function signIn(source, served, password) {
  const { url, root, name } = partsOf(source, served);
  try {
    const ask = post(`${url.origin}${root}login`, { stream: name, password });
    for (let waits = 0; ; waits += 1) {
      const response = await within(TIMEOUT, ask), { status, headers } = response;
      const wait = Number(headers.get('Retry-After')) || 0;
      if (status !== 503 || waits === MOST_WAITS || 1000 * wait > MOST_WAIT) {
        return { status, wait, next: await tokenIn(response, source) };
      }
      await new Promise((done) => { setTimeout(done, Math.max(BUSY_WAIT, 1000 * wait)); });
    }
  } catch {
    return { status: 0, wait: 0, next: null };
  }
}
