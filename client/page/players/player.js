// SPDX-License-Identifier: Apache-2.0
/** @typedef {import('../clock.js').ServerClock} ServerClock */

/**
 * What a player is given by the page.
 * @typedef {{ video: HTMLVideoElement, clock: ServerClock, source: string,
 *   status: (kind: 'live' | 'wait' | 'dead', text: string, trouble?: string) => void,
 *   unfit: (why: string) => void, doubtClock: () => void, suits: (usual: number, least: number) => void }} Host
 *   `suits`: the target that suits this stream, and the least that it allows, s.
 * @typedef {{ start: () => void, stop: () => void, tick: () => void, broken: (reason: string) => void,
 *   behind: () => number | null, held: () => boolean, lowest: () => number, steady: (since: number) => boolean,
 *   jump: (seconds: number, now: number) => void, sound: () => boolean | null }} Player
 *   `behind`: seconds of what is shown behind the server's clock, null while unknown;
 *   `held`: whether the target is ours to hold; `lowest`: the least that this connection can hold, s;
 *   `steady`: whether the connection has held since then (performance.now);
 *   `sound`: whether the stream has sound, null while unknown.
 */

/** Targets that were held without stalls, s. */
export const TARGETS = { frames: 0.12, hlsjs: 0.35, dashjs: 0.5, native: 2 };
/** The frame player's on an MPD, s. */
export const MPD_TARGET = 0.5;

/** A stall of so many seconds raises the target; hls.js has hiccups of 50 ms at any target below a second. */
export const STALL_COUNTS = { frames: 0.03, hlsjs: 0.15, dashjs: Infinity, native: Infinity };
/** @typedef {keyof typeof TARGETS} Kind */
/**
 * The player of this name, if there is one.
 * @param {string | null} name @returns {Kind | null}
 */
export const kindNamed = (name) => (name !== null && Object.hasOwn(TARGETS, name) ? /** @type {Kind} */ (name) : null);
/** @type {Record<Kind, string>} */
export const TITLES = { frames: 'frame player', hlsjs: 'hls.js', dashjs: 'dash.js', native: 'browser\'s own HLS' };

/** @param {string} url */
export const isMPD = (url) => new URL(url).pathname.endsWith('.mpd');

/**
 * The address of the same stream in the other format, by our names; null where it cannot be told.
 * @param {string} url
 */
export function otherFormat(url) {
  const other = new URL(url), names = /(live|playlist|index)\.m3u8$|manifest\.mpd$/;
  if (!names.test(other.pathname)) return null;
  other.pathname = other.pathname.replace(names, isMPD(url) ? 'playlist.m3u8' : 'manifest.mpd');
  return other.href;
}
