// SPDX-License-Identifier: Apache-2.0
// Restarts of the server, as seen in its /timestamps.json.

import { newestPartOf } from '../shared/timestamps.js';
import type { Timestamps } from '../shared/timestamps.js';

/** Compares each response with the response before it. */
export class RestartDetector {
  private newest: string | null = null;

  /**
   * `delay`: the time from the capture of the newest part's first frame until that part was
   * complete, ms.
   * `restarted`: the newest part of the last response is unknown to the server. A server knows only
   * the parts that it has published itself.
   */
  take(response: Timestamps): { delay: number | null; restarted: boolean } {
    const { name, delay } = newestPartOf(response);
    const restarted = this.newest !== null && !(this.newest in response.parts);
    this.newest = name;
    return { delay, restarted };
  }
}
