// SPDX-License-Identifier: Apache-2.0
// Code that is loaded when it is needed.

/** Code that is needed soon is asked for again after this time, ms. */
const RETRY = 3000;

/**
 * One module that most viewers do not need at the start. A module that has not arrived is asked for
 * again.
 * @template T
 */
export class LaterCode {
  /**
   * @param {() => Promise<T>} request
   * @param {T | null} [code] if it is part of the same file
   */
  constructor(request, code = null) {
    this.request = request;
    /** Null until it has arrived. */
    this.code = code;
    /** @type {Promise<T> | null} */
    this.loading = null;
    this.triedAt = -Infinity;
  }

  /** @returns {Promise<T>} */
  load() {
    this.loading ??= this.request().then((code) => {
      this.code = code;
      return code;
    }).finally(() => { this.loading = null; });
    return this.loading;
  }

  /** Begins to load, if it is needed soon: a failure is seen when it is needed. */
  preload() {
    const now = performance.now();
    if (this.code !== null || now - this.triedAt < RETRY) return;
    this.triedAt = now;
    this.load().catch(() => {});
  }
}
