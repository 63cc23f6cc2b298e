// SPDX-License-Identifier: Apache-2.0
// The streams of the server: their names for people, and the choice of the wall.

import { within } from '../shared/deadline.js';
/** @typedef {import('./picker.js').Choosable} Choosable */

/** The limit of the request, ms. */
const TIMEOUT = 5000;

/**
 * Reads /streams.json.
 * @param {unknown} content
 * @returns {Choosable[]}
 */
export function choosableOf(content) {
  if (!Array.isArray(content)) return [];
  return content.filter((item) => typeof item?.name === 'string')
    .map(({ name, label, state, source, onDemand, outage }) => ({
      name, label: typeof label === 'string' ? label : name,
      since: Number(source?.since) / 1e6 || 0,
      isWaiting: outage?.kind === 'no-publisher',
      // A still of a stream on demand would start it.
      hasStills: state === 'live' && onDemand !== true,
    }));
}

/** @returns {Promise<Choosable[]>} empty if the server does not answer */
export async function loadStreams() {
  try {
    return await within(TIMEOUT, async (signal) => {
      const response = await fetch('streams.json', { cache: 'no-store', signal });
      return response.ok ? choosableOf(await response.json()) : [];
    });
  } catch { return []; }
}
