// SPDX-License-Identifier: Apache-2.0
import { parsePlaylist } from './playlist.js';
import { parseManifest, timesOf } from './mpd.js';
import { within } from './deadline.js';
import { PlayerUnfit } from './errors.js';
/** @typedef {import('./playlist.js').Playlist} Playlist */
/** @typedef {import('./clock.js').ServerClock} ServerClock */

/**
 * Loads a playlist, of a Multivariant Playlist its first variant with its sound, or an MPD, for which the server's clock must
 * be known.
 * @param {string} url @param {ServerClock} clock @param {AbortSignal} [signal]
 */
export async function loadPlaylist(url, clock, signal) {
  /** @type {Promise<Playlist> | undefined} */
  let sound;
  for (let depth = 0; depth < 2; depth += 1) {
    const response = await fetch(url, { cache: 'no-store', signal: within(9000, signal) });
    if (!response.ok) throw new Error(`the playlist was answered ${response.status}`);
    const text = await response.text(), base = response.url || url;
    if (/^\s*</.test(text)) {
      const list = parseManifest(text, base, clock.now() / 1000);
      if (clock.roundTrip !== null || !(await clock.ask(timesOf(list)))) return list;
      return parseManifest(text, base, clock.now() / 1000);
    }
    const list = parsePlaylist(text, base);
    if (list.variants.length === 0) return sound ? { ...list, sound: await sound } : list;
    url = list.variants[0];
    if (list.sounds.length > 0) {
      sound = loadPlaylist(list.sounds[0], clock, signal);
      sound.catch(() => {});  // seen by who awaits it, if anybody still does
    }
  }
  throw new PlayerUnfit('A multivariant playlist within another');
}

/**
 * The URLs of the init segments of a playlist and its sound.
 * @param {Playlist} list
 */
export function mapsOf(list) { return list.sound?.map ? `${list.map} ${list.sound.map}` : `${list.map}`; }
