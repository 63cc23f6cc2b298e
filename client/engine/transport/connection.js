// SPDX-License-Identifier: Apache-2.0
// The requests of the players, and another connection for them if theirs carries nothing more.
//
// With HTTP/2 a browser sends all requests to a server over one connection. If that is lost without
// a sign, as behind a router that has forgotten it, Chromium notices after 20 s, and a request that
// is cancelled does not close it. Requests with and without credentials have connections of their
// own (Fetch Standard, "obtain a connection"). The server needs no credentials of browsers here:
// tokens are in addresses, and its cookies are for /login only.

import { withNewestToken } from './playback-tokens.js';

/** The hosts whose requests have no credentials. */
const anonymous = new Set();
/**
 * When the connection to a host was changed, ms of performance.now().
 * @type {Map<string, number>}
 */
const changedAt = new Map();
/** A new connection has this time to give an answer, ms. */
const LEAST_TIME = 1000;
/** Refusals of a proxy before the server, which may know its clients by cookies. */
const REFUSALS = [401, 403, 407];

/** @param {string | URL} url */
const hostOf = (url) => new URL(url).host;

/**
 * A request as `fetch` makes it, over the connection in use, with the newest playback token.
 * @param {string | URL} address absolute
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function retrieve(address, options) {
  const url = withNewestToken(address);
  if (anonymous.size === 0) return fetch(url, options);
  const host = hostOf(url);
  if (!anonymous.has(host)) return fetch(url, options);
  try {
    const response = await fetch(url, { ...options, credentials: 'omit' });
    if (!REFUSALS.includes(response.status)) return response;
  } catch (error) {
    if (!options?.signal?.aborted) anonymous.delete(host);
    throw error;
  }
  anonymous.delete(host);
  return fetch(url, options);
}

/**
 * The connection in use gives no answer: later requests take the other one.
 * @param {string | URL} url of the server
 */
export function changeConnection(url) {
  const host = hostOf(url), now = performance.now();
  if (now - (changedAt.get(host) ?? -Infinity) < LEAST_TIME) return;
  changedAt.set(host, now);
  if (!anonymous.delete(host)) anonymous.add(host);
}
