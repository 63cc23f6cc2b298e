// SPDX-License-Identifier: Apache-2.0
// The interface between the page and its players, and the constants of each player.

/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */

/** @typedef {'live' | 'wait' | 'dead'} Status */

/**
 * The page, as a player sees it.
 * @typedef {object} Host
 * @property {HTMLVideoElement} video
 * @property {ServerClock} clock
 * @property {string} source URL of the playlist or MPD
 * @property {(status: Status, text: string, problem?: string) => void} status
 * @property {(reason: string) => void} unsupported this player cannot play the stream
 * @property {() => void} measureClock the server's clock may have been set
 * @property {(usual: number, least: number) => void} setTargets
 *   the default target for this stream, and the lowest one that it allows, s
 * @property {string | null} sync the sync group of the page
 * @property {(target: number) => void} setSharedTarget the target of the sync group, s
 * @property {(event: import('../stream-events.js').StreamEvent | null) => void} addEvent
 *   an event of the stream; null is ignored
 */

/**
 * A player of the page.
 * @typedef {object} Player
 * @property {() => void} start
 * @property {() => void} stop
 * @property {() => void} update called every 50 ms
 * @property {(reason: string) => void} recover the decoder or the buffer failed
 * @property {(target: number) => void} setTarget s
 * @property {() => number | null} latency s; null if unknown
 * @property {() => boolean} isControlled whether the page controls the latency
 * @property {() => number} minimumTarget the lowest target that the connection allows, s
 * @property {(time: number) => boolean} wasConnectedSince whether no connection was lost since
 *   `time`, on the clock of performance.now()
 * @property {(seconds: number, now: number) => void} seekBy
 * @property {() => boolean | null} hasAudio null if unknown
 * @property {() => RenditionChoice | null} renditions null if the player has no choice
 * @property {(name: string | null) => void} chooseRendition null for automatic
 * @property {(figures: Record<string, number | boolean | null>) => void} [report]
 *   measured values, once a second
 */

/**
 * The renditions of a stream by name, the top rendition first; the index of the shown one (−1 if
 * unknown), and the viewer's choice.
 * @typedef {{ names: string[], current: number, requested: string | null }} RenditionChoice
 */

/** @typedef {'frames' | 'ws' | 'hlsjs' | 'dashjs' | 'native'} Kind */

/**
 * Targets that were held without stalls, s.
 * @type {Record<Kind, number>}
 */
export const TARGETS = { frames: 0.12, ws: 0.1, hlsjs: 0.35, dashjs: 0.5, native: 2 };

/** The target of the frame player on an MPD, s. */
export const MPD_TARGET = 0.5;

/**
 * A longer stall raises the target, s. hls.js has stalls of 50 ms at any target below one second.
 * @type {Record<Kind, number>}
 */
export const STALL_TOLERANCES = {
  frames: 0.03, ws: 0.03, hlsjs: 0.15, dashjs: Infinity, native: Infinity,
};

/** hls.js and dash.js are restarted if the position does not change for this time, ms. */
export const STOP_TIMEOUT = 10000;

/** @type {Record<Kind, string>} */
export const TITLES = {
  frames: 'the frame player', ws: 'the WebSocket player', hlsjs: 'hls.js', dashjs: 'dash.js',
  native: 'the browser\'s own HLS',
};

/** @typedef {'http' | 'ws' | 'hls' | 'dash' | 'native'} Transport */

/**
 * The transports of the players.
 * @type {Record<Kind, Transport>}
 */
export const TRANSPORT_NAMES = {
  frames: 'http', ws: 'ws', hlsjs: 'hls', dashjs: 'dash', native: 'native',
};

/**
 * The players of the transports that `?transport=` names; null for the page's choice.
 * @type {Record<string, Kind | null>}
 */
const TRANSPORTS = {
  auto: null, ws: 'ws', http: 'frames', hls: 'hlsjs', dash: 'dashjs', native: 'native',
};

/**
 * The player of a transport; null for the page's choice, undefined if there is none of this name.
 * @param {string} name
 * @returns {Kind | null | undefined}
 */
export function kindOfTransport(name) {
  return Object.hasOwn(TRANSPORTS, name) ? TRANSPORTS[name] : undefined;
}

/**
 * The player with this name; null if there is none.
 * @param {string | null} name
 * @returns {Kind | null}
 */
export function kindNamed(name) {
  return name !== null && Object.hasOwn(TARGETS, name) ? /** @type {Kind} */ (name) : null;
}
