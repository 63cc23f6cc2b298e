// SPDX-License-Identifier: Apache-2.0
// The cues of one language from the server, as soon as it has them.

import { sleep, within } from '../../shared/deadline.js';
import { cuesOf } from './cue-list.js';
import { retrieve } from '../transport/connection.js';
/** @typedef {import('./cue-list.js').Cue} Cue */
/** @typedef {{ revision: number, cues: Cue[] }} Answer */

/** The server holds a request for newer cues for 15 s; longer than this, and it is asked again. */
const LIMIT = 25000;
/** The least time between two requests without a newer cue, and the pause after a failure, ms. */
const LEAST_INTERVAL = 1000, RETRY = 2000;

/**
 * Requests all cues, and then the newer ones until `stop`.
 * @param {string} url of `cues.json` @param {(cues: Cue[]) => void} onCues
 * @param {AbortSignal} stop
 */
export async function followCues(url, onCues, stop) {
  /** @type {number | null} */
  let revision = null;
  while (!stop.aborted) {
    const begun = performance.now();
    /** @type {string} */
    const address = revision === null ? url : new URL(`cues-${revision}.json`, url).href;
    /** @type {Answer | null} */
    const answer = await load(address, stop);
    if (stop.aborted) return;
    if (!answer) {
      revision = null;
      await sleep(RETRY, stop);
      continue;
    }
    onCues(answer.cues);
    const isNewer = answer.revision !== revision;
    revision = answer.revision;
    // A cache that does not hold requests answers at once.
    const wait = isNewer ? 0 : LEAST_INTERVAL - (performance.now() - begun);
    if (wait > 0) await sleep(wait, stop);
  }
}

/**
 * @param {string} url @param {AbortSignal} stop
 * @returns {Promise<Answer | null>} null without an answer
 */
async function load(url, stop) {
  try {
    return await within(LIMIT, async (signal) => {
      const response = await retrieve(url, { signal });
      return response.ok ? cuesOf(await response.json()) : null;
    }, stop);
  } catch {
    return null;
  }
}
