// SPDX-License-Identifier: Apache-2.0
// The streams of the server: their names for people, and the choice of the wall.

import { within } from '../shared/deadline.js';
import { listedStreams } from '../list/listing.js';
/** @typedef {import('../list/listing.js').ListedStream} ListedStream */
/** @typedef {import('./picker.js').Choosable} Choosable */

/** The limit of the request, ms. */
const TIMEOUT = 5000;

/**
 * A stream for the dialog. A still of a stream on demand would start it.
 * @param {ListedStream} stream
 * @returns {Choosable}
 */
export const choosableOf = ({ name, label, state, since, isOnDemand }) => ({
  name, label, since, hasStills: (state === 'live' || state === 'lost') && !isOnDemand,
});

/**
 * The streams of /streams.json, empty if the server does not answer; and its clock minus that of
 * this page, ms, to a second.
 * @returns {Promise<{ streams: ListedStream[], clockOffset: number }>}
 */
export async function loadStreams() {
  try {
    return await within(TIMEOUT, async (signal) => {
      const response = await fetch('streams.json', { cache: 'no-store', signal });
      const streams = response.ok ? listedStreams(await response.json()) : [];
      const date = Date.parse(response.headers.get('date') ?? '');
      return { streams, clockOffset: date > 0 ? date - Date.now() : 0 };
    });
  } catch { return { streams: [], clockOffset: 0 }; }
}
