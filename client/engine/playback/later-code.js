// SPDX-License-Identifier: Apache-2.0
// Code that is loaded when it is needed.

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
  preload() { if (this.code === null) this.load().catch(() => {}); }
}
