// SPDX-License-Identifier: Apache-2.0
// The state of a stream's source, by the server.

import { clockTime, outageOf } from '../../shared/outage.js';
/** @typedef {import('../../shared/outage.js').Outage} Outage */
/** @typedef {import('../../shared/timestamps.js').Publisher} Publisher */

/**
 * Whether the source supplies frames, since when, Unix ns, and why not; by the server.
 * @typedef {object} SourcePresence
 * @property {boolean} isOnline
 * @property {number} since
 * @property {boolean} [hasFailed]
 * @property {Outage} [outage]
 * @property {string} [audio] why there is no sound although the source sends audio
 */

/**
 * The content of the message `source` of a WebSocket.
 * @param {unknown} state @param {number} since Unix ms @param {unknown} [cause] its outage
 * @returns {SourcePresence}
 */
export function presenceOf(state, since, cause) {
  const outage = outageOf(cause, 1);
  const isOnline = state !== 'lost' && state !== 'failed' && outage === null;
  return {
    isOnline, since: since * 1e6, ...(state === 'failed' && { hasFailed: true }),
    ...(outage && { outage }),
  };
}

/** @param {number} at Unix ms @param {number} now Unix ms */
function sinceText(at, now) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const time = clockTime(at);
  const units = seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;
  return `since ${time} (${units})`;
}

/**
 * The state of the publisher, and since when.
 * @param {Publisher} publisher
 * @param {number} now Unix ms on the server's clock
 */
export function publisherText({ state, protocol, since }, now) {
  const time = since > 0 ? ` ${sinceText(since / 1e6, now)}` : '';
  if (state === 'live') return `${protocol}${time}`;
  if (state === 'starting') return `${protocol}${time}, no picture yet`;
  return state === 'slate' ? `away${time}, slate shown` : `away${time}`;
}
