// SPDX-License-Identifier: Apache-2.0
// The public state of the page, `window.__player`, for tests and scripts.

/** @typedef {import('./players/player.js').Kind} Kind */
/** @typedef {import('./players/player.js').Status} Status */
/** @typedef {import('./stall-meter.js').Stall} Stall */

/**
 * @typedef {object} PlayerState
 * @property {Kind} player
 * @property {Status} status
 * @property {string} source URL of the playlist or MPD
 * @property {number} time currentTime of the video element, s
 * @property {number | null} clock burned clock, Unix ms
 * @property {number | null} glassToGlassMs
 * @property {number | null} latencyMs server clock − PROGRAM-DATE-TIME of the shown frame
 * @property {number} bufferSeconds
 * @property {number} rate
 * @property {number} target s
 * @property {number | null} syncOffsetMs latency − target of the sync group; null without a group
 * @property {string | null} rendition the shown rendition; null without a choice
 * @property {Stall[]} stalls
 * @property {number} framesShown
 * @property {number} framesDropped
 * @property {number} undecoded frames without a readable burned clock
 * @property {boolean | null} sound whether the stream has audio; null while unknown
 * @property {{ at: number, text: string }[]} errors `at`: Unix ms on the server's clock
 * @property {number} clockOffsetMs server clock − clock of this browser
 * @property {[number, number][]} samples [display time, burned clock], Unix ms, newest last
 */

/**
 * @param {string} source
 * @returns {PlayerState}
 */
export function newState(source) {
  return {
    player: 'frames', status: 'wait', source, time: 0, clock: null, glassToGlassMs: null,
    latencyMs: null, bufferSeconds: 0, rate: 1, target: 0, syncOffsetMs: null, rendition: null,
    stalls: [], framesShown: 0, framesDropped: 0, undecoded: 0, sound: null, errors: [],
    clockOffsetMs: 0, samples: [],
  };
}

/**
 * Appends an error, unless it repeats the last one; at most 100 are kept.
 * @param {PlayerState} state
 * @param {number} at Unix ms
 * @param {string} text
 */
export function recordError({ errors }, at, text) {
  if (errors[errors.length - 1]?.text !== text) errors.push({ at, text });
  if (errors.length > 100) errors.shift();
}
