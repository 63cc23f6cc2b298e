// SPDX-License-Identifier: Apache-2.0
// Keys of encrypted streams, by Encrypted Media Extensions with ClearKey.

import { sleep, within } from '../../shared/deadline.js';
import { messageOf, UnsupportedError } from '../../shared/errors.js';
import { retrieve } from '../transport/connection.js';

const SYSTEM = 'org.w3.clearkey';
/** The sessions with keys that a rotation leaves; older ones are closed. */
const KEPT_SESSIONS = 4;
/** The time between two requests for keys that fail, ms. */
const RETRY = 500;
/** @type {WeakMap<HTMLVideoElement, Promise<MediaKeys>>} */
const known = new WeakMap();

/**
 * The address of the licences of a stream: `clearkey` in the folder of its playlist or MPD.
 * @param {string} source URL of the playlist or MPD
 */
export function licenceURL(source) {
  const url = new URL('clearkey', source);
  // A playlist of the past is in folders below that of the stream.
  url.pathname = url.pathname.replace(/\/from\/.*$/, '/clearkey');
  return url.href;
}

/** Gets the keys of the media that a video element is fed with. */
export class EncryptedMedia {
  /**
   * @param {HTMLVideoElement} video
   * @param {() => string} source URL of the playlist or MPD
   * @param {(reason: string, isRefused?: boolean) => void} onUnsupported this browser cannot play
   *   the stream; with `isRefused` because there is no licence, for no player
   */
  constructor(video, source, onUnsupported) {
    this.video = video;
    this.source = source;
    this.onUnsupported = onUnsupported;
    /** @type {Map<string, MediaKeySession>} by the KIDs that the media has announced */
    this.sessions = new Map();
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    video.addEventListener('encrypted', (event) => { void this.announced(event); }, { signal });
  }

  get isStopped() { return this.stopping.signal.aborted; }

  /** @param {MediaEncryptedEvent} event */
  async announced({ initData, initDataType }) {
    if (!initData || this.isStopped) return;
    const name = new Uint8Array(initData).join();
    if (this.sessions.has(name)) return;
    try {
      const keys = await mediaKeysOf(this.video);
      if (this.isStopped || this.sessions.has(name)) return;
      const session = keys.createSession();
      this.sessions.set(name, session);
      session.addEventListener('message', ({ message }) => {
        void this.licence(session, message);
      });
      await session.generateRequest(initDataType, initData);
      this.forgetOld();
    } catch (error) {
      if (this.isStopped) return;
      const reason = error instanceof UnsupportedError ? error.message
        : `Encrypted media: ${messageOf(error)}`;
      this.onUnsupported(reason);
    }
  }

  forgetOld() {
    for (const [name, session] of this.sessions) {
      if (this.sessions.size <= KEPT_SESSIONS) return;
      this.sessions.delete(name);
      void session.close().catch(() => {});
    }
  }

  /**
   * Asks for the keys until there is an answer: a late key is a pause, a refusal the end.
   * @param {MediaKeySession} session @param {ArrayBuffer} message
   */
  async licence(session, message) {
    const { signal } = this.stopping;
    while (!this.isStopped && [...this.sessions.values()].includes(session)) {
      try {
        // A text: other origins need no preflight for it.
        const body = new TextDecoder().decode(message);
        const keys = await within(5000, async (stop) => {
          const url = licenceURL(this.source());
          const response = await retrieve(url, { method: 'POST', body, signal: stop });
          const { status } = response;
          const isRefused = status >= 400 && status < 500 && status !== 429;
          return response.ok ? response.arrayBuffer() : isRefused ? status : null;
        }, signal);
        if (typeof keys === 'number') {
          this.onUnsupported(`Encrypted media: no licence (status ${keys})`, true);
          return;
        }
        if (keys) {
          await session.update(keys);
          return;
        }
      } catch {
        // asked again
      }
      await sleep(RETRY, signal);
    }
  }

  /** Asks for all keys again: after a failure they may be wrong. */
  forget() {
    for (const session of this.sessions.values()) void session.close().catch(() => {});
    this.sessions.clear();
  }

  stop() {
    this.stopping.abort();
    this.forget();
  }
}

/**
 * The keys of an element, for all its players.
 * @param {HTMLVideoElement} video
 */
async function mediaKeysOf(video) {
  if (video.mediaKeys) return video.mediaKeys;
  const before = known.get(video);
  if (before) return before;
  const keys = newMediaKeys(video);
  known.set(video, keys);
  keys.catch(() => known.delete(video));
  return keys;
}

/** @param {HTMLVideoElement} video */
async function newMediaKeys(video) {
  if (!navigator.requestMediaKeySystemAccess) {
    throw new UnsupportedError('Encrypted media needs HTTPS, and a browser with EME');
  }
  const kind = (/** @type {string} */ contentType) => ({ contentType, encryptionScheme: 'cbcs' });
  const configuration = {
    initDataTypes: ['cenc'],
    videoCapabilities: [kind('video/mp4; codecs="avc1.42E01E"')],
    audioCapabilities: [kind('audio/mp4; codecs="mp4a.40.2"')],
  };
  let access;
  try {
    access = await navigator.requestMediaKeySystemAccess(SYSTEM, [configuration]);
  } catch {
    throw new UnsupportedError('This browser has no ClearKey for cbcs');
  }
  const keys = await access.createMediaKeys();
  await video.setMediaKeys(keys);
  return keys;
}
