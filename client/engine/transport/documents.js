// SPDX-License-Identifier: Apache-2.0
// Requests for playlists, MPDs and CMAF headers.

import { within } from '../../shared/deadline.js';
import { StatusError, UnsupportedError } from '../../shared/errors.js';
import { parsePlaylist } from '../../shared/playlist.js';
import { secondFile } from '../../shared/second-file.js';
import { servicesBeside } from '../../shared/services.js';
import { segmentNames } from './segment-names.js';
import { retrieve } from './connection.js';
import { withFirstToken } from './playback-tokens.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../../shared/playlist.js').AudioRendition} AudioRendition */
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').Rendition} Rendition */

/**
 * The reader of MPDs, which few viewers need; of the element it is in the second file.
 * @returns {Promise<{ parseManifest: typeof import('./mpd.js').parseManifest }>}
 */
const manifestReader = () => (
  // @ts-ignore: esbuild replaces the name
  typeof HAS_SECOND_FILE === 'undefined' ? import('./mpd.js') : secondFile());

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
    const response = await retrieve(url, { cache: 'no-store', signal });
    if (!response.ok) {
      const reason = (await response.text()).trim().slice(0, 200);
      throw new StatusError('the playlist', response, reason.startsWith('<') ? '' : reason);
    }
    return { text: await response.text(), base: withFirstToken(response.url || url) };
  }, stop);
}

/**
 * Loads a Media Playlist or an MPD, or from a Multivariant Playlist one Variant Stream and its
 * audio. To read an MPD the server's clock must be known, so it is measured if it is not.
 * @param {string} url
 * @param {ServerClock} clock
 * @param {AbortSignal} [stop]
 * @param {(renditions: Rendition[]) => number} [choose] the index of the rendition; 0 by default
 * @param {(tracks: AudioRendition[]) => number} [chooseAudio] the index of the audio; 0 by default
 * @returns {Promise<Playlist>}
 */
export async function loadPlaylist(url, clock, stop, choose = () => 0, chooseAudio = () => 0) {
  const { text, base } = await loadText(url, stop);
  if (/^\s*</.test(text)) {
    const { parseManifest } = await manifestReader();
    const parse = () => parseManifest(text, base, clock.now() / 1000, choose, chooseAudio);
    const list = parse();
    if (clock.roundTrip !== null || !(await clock.measure(timeServicesOf(list)))) return list;
    return parse();
  }
  const list = parsePlaylist(text, base), { renditions, audioTracks } = list;
  if (renditions.length === 0) return list;
  const { uri: variant } = renditions[choose(renditions)] ?? renditions[0];
  const chosen = audioTracks[chooseAudio(audioTracks)]?.uri;
  const [video, audio] = await Promise.all([variant, ...chosen ? [chosen] : []]
    .map((playlist) => loadMediaPlaylist(playlist, stop)));
  const { closedCaptions } = list;
  return { ...video, renditions, audioTracks, closedCaptions, ...audio ? { audio } : {} };
}

/**
 * The renditions of a Multivariant Playlist or an MPD; none for a Media Playlist.
 * @param {string} url @param {AbortSignal} stop
 * @returns {Promise<Rendition[]>}
 */
export async function loadRenditions(url, stop) {
  const { text, base } = await loadText(url, stop);
  if (!/^\s*</.test(text)) return parsePlaylist(text, base).renditions;
  return (await manifestReader()).parseManifest(text, base, 0).renditions;
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
    const response = await retrieve(url, { signal });
    if (!response.ok) throw new Error(`status ${response.status} for the CMAF header`);
    return new Uint8Array(await response.arrayBuffer());
  }, stop);
}
