// SPDX-License-Identifier: Apache-2.0
// The newest media of each rendition, by the origin's /timestamps.json or by the playlists.

import { within } from '../../shared/deadline.js';
import { timestampsOf } from '../../shared/timestamps.js';
import { loadPlaylist, loadRenditions } from '../transport/documents.js';
import { retrieve } from '../transport/connection.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').Rendition} Rendition */

/**
 * The limit of one request, ms. Over connections that carry nothing more the display stands still
 * for 0.3 s, for this time, and until a key frame of a new connection, often a second.
 */
const NEWEST_LIMIT = 1200;
/** A playlist with renditions is valid for this time, ms. */
const KEPT_TIME = 20000;

/**
 * `at`: when the newest media was published, or the end of its last frame, Unix ms on the server's
 * clock; null if unknown. `count` grows with each part.
 * @typedef {{ at: number | null, isPublishTime: boolean, count: number }} Newest
 */

/**
 * The newest media in a response of /timestamps.json; null if it lists none.
 * @param {any} response
 * @returns {Newest | null}
 */
export function newestPublished(response) {
  const times = Object.values(timestampsOf(response).parts).map(Number);
  const at = Math.max(...times.filter(Number.isFinite)) / 1e6;
  return at > 0 ? { at, isPublishTime: true, count: at } : null;
}

/**
 * The newest media of a Media Playlist; null if all of it is gaps.
 * @param {Playlist} list
 * @returns {Newest | null}
 */
export function newestListed({ parts, segments, openNumber }) {
  const part = parts.filter(({ isGap }) => !isGap).pop();
  if (part) {
    const at = part.end === null ? null : part.end * 1000;
    return { at, isPublishTime: false, count: part.number + part.index / 1e4 };
  }
  const segment = segments.filter(({ isGap }) => !isGap).pop();
  return segment ? { at: null, isPublishTime: false, count: openNumber } : null;
}

/**
 * The name of the folder of a rendition: that of our server.
 * @param {string} uri
 */
export function folderName(uri) { return new URL('.', uri).pathname.split('/').at(-2) ?? ''; }

/** Asks the origin for the newest media of each rendition. */
export class NewestMedia {
  /** @param {ServerClock} clock @param {AbortSignal} stop */
  constructor(clock, stop) {
    this.clock = clock;
    this.stop = stop;
    /** The playlist of the latest request, and its renditions, the top one first. */
    this.source = '';
    this.learnedAt = 0;
    /** @type {Rendition[]} */
    this.renditions = [];
  }

  /**
   * Learns the renditions of a playlist; it is read again after a time.
   * @param {string} source URL of the playlist
   */
  async learn(source) {
    const now = performance.now();
    if (source === this.source && now - this.learnedAt < KEPT_TIME) return;
    const renditions = await within(
      NEWEST_LIMIT, (signal) => loadRenditions(source, signal), this.stop);
    this.renditions = [...renditions].sort((a, b) => b.bandwidth - a.bandwidth);
    this.source = source;
    this.learnedAt = now;
  }

  /**
   * The newest media of each rendition, the top one first; null for a rendition without an answer
   * or media. A stream without renditions counts as one. It throws if a request failed and no other
   * one found media.
   * @param {string} source URL of the playlist
   * @param {string | null} timestamps URL of /timestamps.json; null if the origin has none
   * @returns {Promise<(Newest | null | void)[]>}
   */
  async load(source, timestamps) {
    await this.learn(source);
    const uris = this.renditions.length > 0 ? this.renditions.map(({ uri }) => uri) : [source];
    let failure;
    const found = await Promise.all(uris.map((uri) => within(NEWEST_LIMIT, async (signal) => {
      const published = timestamps === null ? null
        : await this.loadTimestamps(timestamps, uris.length > 1 ? uri : null, signal);
      return published ?? newestListed(await loadPlaylist(uri, this.clock, signal));
    }, this.stop).catch((error) => void (failure = error))));
    if (failure && !found.some(Boolean)) throw failure;
    return found;
  }

  /** @param {string} url @param {string | null} uri of the rendition @param {AbortSignal} signal */
  async loadTimestamps(url, uri, signal) {
    const address = new URL(url);
    if (uri !== null) address.searchParams.set('rendition', folderName(uri));
    const response = await retrieve(address, { cache: 'no-store', signal });
    return response.ok ? newestPublished(await response.json()) : null;
  }

  /**
   * The indices of the renditions with these names of our server.
   * @param {string[]} names
   */
  indicesOf(names) {
    return this.renditions.flatMap(({ uri }, index) => (
      names.includes(folderName(uri)) ? [index] : []));
  }
}
