// SPDX-License-Identifier: Apache-2.0
// The state of a stream's source, by the server.

import { outageOf } from '../../shared/outage.js';
/** @typedef {import('../../shared/outage.js').Outage} Outage */

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
