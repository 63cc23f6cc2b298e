// SPDX-License-Identifier: Apache-2.0
// Whether a server has dash.js.

import { within } from '../../shared/deadline.js';

/**
 * Whether this server has dash.js; false without an answer within three seconds.
 * @param {string | null} dash URL of the script @param {AbortSignal} stop
 */
export async function hasDashScript(dash, stop) {
  if (dash === null) return false;
  try {
    return await within(3000, async (signal) => {
      const response = await fetch(new URL('scripts.json', dash).href, { signal });
      return /** @type {string[]} */ (await response.json()).includes('dash.all.min.js');
    }, stop);
  } catch {
    return false;  // another server
  }
}
