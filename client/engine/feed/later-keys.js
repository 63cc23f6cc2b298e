// SPDX-License-Identifier: Apache-2.0
// Keys of encrypted streams, with code that most streams do not need.

import { messageOf } from '../../shared/errors.js';
/** @typedef {import('./encrypted-media.js').EncryptedMedia} EncryptedMedia */
/** @typedef {import('../players/player.js').Host} Host */

/** Loads the code for keys when the media of a video element is encrypted. */
export class LaterKeys {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    /** @type {EncryptedMedia | null} null while no media was encrypted */
    this.media = null;
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    host.video.addEventListener('encrypted', (event) => void this.announced(event), { signal });
  }

  /** @param {MediaEncryptedEvent} event */
  async announced(event) {
    const { host, stopping: { signal } } = this;
    // It listens itself.
    if (this.media) return;
    try {
      const { EncryptedMedia } = await host.later.load();
      if (signal.aborted) return;
      this.media ??= new EncryptedMedia(
        host.video, () => host.source, (...found) => host.cannotDecrypt(...found));
      void this.media.announced(event);
    } catch (error) {
      if (!signal.aborted) host.unsupported(`Encrypted media: ${messageOf(error)}`);
    }
  }

  /** Forgets the keys: other media follows. */
  forget() { this.media?.forget(); }

  stop() {
    this.stopping.abort();
    this.media?.stop();
  }
}
