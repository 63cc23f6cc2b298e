// SPDX-License-Identifier: Apache-2.0
// Requests for playlists, MPDs and CMAF headers.

import { within } from '../../shared/deadline.js';
import { StatusError, UnsupportedError } from '../../shared/errors.js';
import { parsePlaylist } from '../../shared/playlist.js';
import { servicesBeside } from '../../shared/services.js';
import { parseManifest } from './mpd.js';
import { segmentNames } from './segment-names.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').Rendition} Rendition */

/** ms; longer than the origin holds a request */
const TIMEOUT = 9000;

/**
 * The URLs of the time services: those of our origin, then those of the MPD.
 * @param {Playlist} list
 * @returns {string[]}
 */
export function timeServicesOf(list) {
  const names = segmentNames(list);
  const own = names ? servicesBeside(names.folder).times : [];
  return [...new Set([...own, ...(list.timing ?? [])])];
}

/** @param {string} url @param {AbortSignal} [stop] */
function loadText(url, stop) {
  return within(TIMEOUT, async (signal) => {
    const response = await fetch(url, { cache: 'no-store', signal });
    if (!response.ok) {
      const reason = (await response.text()).trim().slice(0, 200);
      throw new StatusError('the playlist', response, reason.startsWith('<') ? '' : reason);
    }
    return { text: await response.text(), base: response.url || url };
  }, stop);
}

/**
 * Loads a Media Playlist or an MPD, or from a Multivariant Playlist one Variant Stream and its
 * audio. To read an MPD the server's clock must be known, so it is measured if it is not.
 * @param {string} url
 * @param {ServerClock} clock
 * @param {AbortSignal} [stop]
 * @param {(renditions: Rendition[]) => number} [choose] the index of the rendition; 0 by default
 * @returns {Promise<Playlist>}
 */
export async function loadPlaylist(url, clock, stop, choose = () => 0) {
  const { text, base } = await loadText(url, stop);
  if (/^\s*</.test(text)) {
    const list = parseManifest(text, base, clock.now() / 1000, choose);
    if (clock.roundTrip !== null || !(await clock.measure(timeServicesOf(list)))) return list;
    return parseManifest(text, base, clock.now() / 1000, choose);
  }
  const list = parsePlaylist(text, base), { renditions } = list;
  if (renditions.length === 0) return list;
  const { uri: variant } = renditions[choose(renditions)] ?? renditions[0];
  const [video, audio] = await Promise.all([variant, ...list.audioPlaylists.slice(0, 1)]
    .map((playlist) => loadMediaPlaylist(playlist, stop)));
  const { closedCaptions } = list;
  return { ...video, renditions, closedCaptions, ...audio ? { audio } : {} };
}

/**
 * The renditions of a Multivariant Playlist or an MPD; none for a Media Playlist.
 * @param {string} url @param {AbortSignal} stop
 * @returns {Promise<Rendition[]>}
 */
export async function loadRenditions(url, stop) {
  const { text, base } = await loadText(url, stop);
  return (/^\s*</.test(text) ? parseManifest(text, base, 0) : parsePlaylist(text, base)).renditions;
}

/** @param {string} url @param {AbortSignal} [stop] */
async function loadMediaPlaylist(url, stop) {
  const { text, base } = await loadText(url, stop);
  const list = parsePlaylist(text, base);
  if (list.variants.length === 0) return list;
  throw new UnsupportedError('A Multivariant Playlist that refers to another one');
}

/**
 * The URLs of the CMAF headers of the video and the audio.
 * @param {Playlist} list with a map
 */
export function headersOf(list) {
  return [list.map, list.audio?.map].flatMap((url) => url ?? []);
}

/** @param {string} url @param {AbortSignal} stop */
export function loadHeader(url, stop) {
  return within(TIMEOUT, async (signal) => {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`status ${response.status} for the CMAF header`);
    return new Uint8Array(await response.arrayBuffer());
  }, stop);
}
