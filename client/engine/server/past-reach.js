// SPDX-License-Identifier: Apache-2.0
// Requests for the extent of the past.

import { within } from '../../shared/deadline.js';
import { retrieve } from '../transport/connection.js';
import { withNewestToken } from '../transport/playback-tokens.js';
/** @typedef {import('./past-extent.js').PastExtent} PastExtent */

/** ms */
const TIMEOUT = 5000;
/** The document is asked for again after this time, and after an error, ms. */
const INTERVAL = 10000, RETRY = 3000;

/** Keeps the extent of one stream up to date. */
export class PastReach {
  /**
   * @param {AbortSignal} stop
   * @param {(document: any) => PastExtent | null} make reads the document; null until its code is
   *   there
   */
  constructor(stop, make) {
    this.stop = stop;
    this.make = make;
    /** @type {any} the content of dvr.json; null while unknown, empty for a server without it */
    this.document = null;
    /** @type {PastExtent | null} */
    this.made = null;
    /** URL of dvr.json; empty while unknown. `asked` is the one that led to it. */
    this.url = '';
    this.asked = '';
    this.loadedAt = -Infinity;
    /** @type {Promise<PastExtent | null> | null} */
    this.loading = null;
  }

  /** @returns {PastExtent | null} null while unknown */
  get extent() {
    if (this.document !== null) this.made ??= this.make(this.document);
    return this.made;
  }

  /** @param {any} document */
  learn(document) {
    this.document = document;
    this.made = null;
  }

  /**
   * The extent, loaded again if it is old.
   * @param {string} url of dvr.json
   */
  async load(url) {
    if (url !== this.url && url !== this.asked) {
      this.url = url;
      this.asked = url;
      this.learn(null);
      this.loadedAt = -Infinity;
    }
    if (performance.now() - this.loadedAt < INTERVAL) return this.extent;
    this.loading ??= this.request(url).finally(() => { this.loading = null; });
    return this.loading;
  }

  /** @param {string} url */
  async request(url) {
    try {
      await within(TIMEOUT, async (signal) => {
        const response = await retrieve(url, { signal });
        if (response.status === 404) this.learn({});  // another server, or an old one
        if (!response.ok) return;
        this.learn(await response.json());
        // The root leads to its stream, whose other documents are beside that.
        if (url === this.asked) this.url = response.url || url;
      }, this.stop);
      this.loadedAt = performance.now();
    } catch {
      this.loadedAt = performance.now() - INTERVAL + RETRY;
    }
    return this.extent;
  }

  /**
   * The address of another document of the stream.
   * @param {string} path @returns {string | null} null while unknown
   */
  address(path) {
    return this.url === '' ? null : withNewestToken(new URL(path, this.url));
  }
}
