// SPDX-License-Identifier: Apache-2.0
// The kinds of players, and their constants.

/** @typedef {'http' | 'ws' | 'webcodecs' | 'hls' | 'dash' | 'native'} Transport */
/** @typedef {'probe' | 'seek' | 'rendition' | 'restart' | 'transport'} Remedy */

/**
 * The times after which each remedy for a display that stands still is applied, s. A limit of
 * Infinity omits a remedy.
 * @typedef {Record<Remedy, number>} Limits
 */

/**
 * `transport` is the name in attributes and `?transport=`, `title` that in messages.
 *
 * `target` was held without stalls, s. A stall that is longer than `stallTolerance` raises it, s:
 * hls.js has stalls of 50 ms at any target below one second. `latencyTolerance` is the share of the
 * usual error of the latency that starts its control: a short target permits little error, and a
 * canvas shows changes of the rate less than a video element.
 *
 * `reads` is the format of the stream; `isOwn`: the player appends the media itself.
 * @typedef {object} KindFacts
 * @property {Transport} transport
 * @property {string} title
 * @property {number} target
 * @property {number} stallTolerance
 * @property {number} latencyTolerance
 * @property {Limits} limits
 * @property {'playlist' | 'MPD' | 'both'} reads
 * @property {boolean} isOwn
 */

/** Limits for players of this page, for hls.js and dash.js, and for the browser's own HLS. */
export const OWN_LIMITS = { probe: 0.3, seek: 0.6, rendition: 0.9, restart: 1.4, transport: 2.3 };
export const SCRIPT_LIMITS = {
  probe: 0.4, seek: 0.8, rendition: 1.1, restart: 1.6, transport: 2.5,
};
export const NATIVE_LIMITS = {
  probe: 1, seek: Infinity, rendition: Infinity, restart: 2.5, transport: 6,
};

/** @typedef {'frames' | 'ws' | 'webcodecs' | 'hlsjs' | 'dashjs' | 'native'} Kind */

/** @type {Record<Kind, KindFacts>} */
export const KINDS = {
  ws: {
    transport: 'ws', title: 'the WebSocket player', target: 0.07, stallTolerance: 0.03,
    latencyTolerance: 0.6, limits: OWN_LIMITS, reads: 'playlist', isOwn: true,
  },
  frames: {
    transport: 'http', title: 'the frame player', target: 0.07, stallTolerance: 0.03,
    latencyTolerance: 0.6, limits: OWN_LIMITS, reads: 'both', isOwn: true,
  },
  webcodecs: {
    transport: 'webcodecs', title: 'WebCodecs', target: 0.04, stallTolerance: 0.03,
    latencyTolerance: 0.3, limits: OWN_LIMITS, reads: 'both', isOwn: true,
  },
  hlsjs: {
    transport: 'hls', title: 'hls.js', target: 0.35, stallTolerance: 0.15,
    latencyTolerance: 1, limits: SCRIPT_LIMITS, reads: 'playlist', isOwn: false,
  },
  dashjs: {
    transport: 'dash', title: 'dash.js', target: 0.5, stallTolerance: Infinity,
    latencyTolerance: 1, limits: SCRIPT_LIMITS, reads: 'MPD', isOwn: false,
  },
  native: {
    transport: 'native', title: 'the browser\'s own HLS', target: 2, stallTolerance: Infinity,
    latencyTolerance: 1, limits: NATIVE_LIMITS, reads: 'playlist', isOwn: false,
  },
};

/** The target of the frame player on an MPD, s. */
export const MPD_TARGET = 0.5;

/**
 * The player with this name; null if there is none.
 * @param {string | null} name
 * @returns {Kind | null}
 */
export function kindNamed(name) {
  return name !== null && Object.hasOwn(KINDS, name) ? /** @type {Kind} */ (name) : null;
}

/**
 * The player of a transport, null for the page's choice, and what is wrong with another name.
 * @param {string | null} name
 * @returns {{ kind: Kind | null, problem: string | null }}
 */
export function transportOf(name) {
  if (name === null || name === 'auto') return { kind: null, problem: null };
  const kinds = /** @type {Kind[]} */ (Object.keys(KINDS));
  const kind = kinds.find((one) => KINDS[one].transport === name) ?? null;
  if (kind !== null) return { kind, problem: null };
  const names = ['auto', ...kinds.map((one) => KINDS[one].transport)];
  const expected = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return { kind, problem: `unknown transport "${name}" (expected ${expected})` };
}
