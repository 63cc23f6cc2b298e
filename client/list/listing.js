// SPDX-License-Identifier: Apache-2.0
// The content of /streams.json.

import { outageOf } from '../shared/outage.js';
/** @typedef {import('../shared/outage.js').Outage} Outage */

/** The states of a stream that the server names. */
const STATES = ['idle', 'starting', 'live', 'ended', 'failed', 'locked'];

/** The most streams that one wall shows. */
const LARGEST_WALL = 16;

/**
 * A stream: `label` is its name for people; `state` is one word, `lost` if the source supplies no
 * frames, `gone` while the server does not answer, `locked` if it needs a password; `since` in Unix
 * ms, 0 if unknown; `outage` is null if the source supplies media.
 * does not count them for all clients.
 * @typedef {object} ListedStream
 * @property {string} name
 * @property {string} label
 * @property {string} state
 * @property {number} since
 * @property {boolean} isOnDemand
 * @property {Outage | null} outage
 */

/**
 * @param {unknown} content of /streams.json
 * @returns {ListedStream[]}
 */
export function listedStreams(content) {
  if (!Array.isArray(content)) throw new Error('no list of streams');
  return content.filter((item) => typeof item?.name === 'string' && STATES.includes(item.state))
    .map(({ name, label, state, source, onDemand, outage }) => {
      const isLost = state === 'live' && source?.online === false;
      const since = Number(source?.since) / 1e6;
      return {
        name, label: typeof label === 'string' ? label : name, state: isLost ? 'lost' : state,
        since: since > 0 ? since : 0, isOnDemand: onDemand === true, outage: outageOf(outage, 1e6),
      };
    });
}

/**
 * Whether a stream waits for a publisher, which is no fault.
 * @param {ListedStream} stream
 */
export const isWaiting = ({ outage }) => outage?.kind === 'no-publisher';

/**
 * Whether a stream that should have a picture has none.
 * @param {ListedStream} stream
 */
export function isTrouble(stream) {
  const { state, outage } = stream;
  if (state === 'failed') return true;
  return (state === 'lost' || (state === 'starting' && outage !== null)) && !isWaiting(stream);
}

/**
 * The address of the page that shows these streams together.
 * @param {Pick<ListedStream, 'name'>[]} streams
 */
export function wallAddress(streams) {
  const names = streams.slice(0, LARGEST_WALL).map(({ name }) => encodeURIComponent(name));
  return `wall?streams=${names.join(',')}`;
}
