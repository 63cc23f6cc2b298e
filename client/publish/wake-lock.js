// SPDX-License-Identifier: Apache-2.0
// Keeps the screen of a phone on while it publishes.

/** @typedef {{ release(): Promise<void> }} Sentinel */

/** A wake lock that is requested again when the page becomes visible. */
export class WakeLock {
  constructor() {
    this.isWanted = false;
    /** @type {Sentinel | null} */
    this.sentinel = null;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.isWanted) void this.acquire();
    });
  }

  request() {
    this.isWanted = true;
    return this.acquire();
  }

  async acquire() {
    const { wakeLock } = /** @type {any} */ (navigator);
    try {
      this.sentinel = await wakeLock?.request('screen') ?? null;
    } catch { /* as with an empty battery */ }
  }

  release() {
    this.isWanted = false;
    this.sentinel?.release().catch(() => {});
    this.sentinel = null;
  }
}
