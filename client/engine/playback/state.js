// SPDX-License-Identifier: Apache-2.0
// The state of playback; in the page it is `window.__player`, for tests and scripts.

import { secondsAhead } from '../feed/source-buffer.js';
/** @typedef {import('../clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../players/kinds.js').Kind} Kind */
/** @typedef {import('../players/player.js').Player} Player */
/** @typedef {import('../players/player.js').Status} Status */
/** @typedef {import('./playback.js').Playback} Playback */

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
 * Whether the player receives media; `since` when there is some, or none, Unix ms; `problem` the
 * last one of a player that waits, empty if there is none.
 * @typedef {{ name: Status, since: number, problem: string }} MediaStatus
 */

/**
 * @param {MediaStatus} before @param {Status} name @param {string | undefined} problem
 * @param {number} now Unix ms
 * @returns {MediaStatus}
 */
export function statusAfter(before, name, problem, now) {
  const hasChanged = (name === 'live') !== (before.name === 'live');
  return {
    name, since: hasChanged ? now : before.since,
    problem: name === 'wait' ? problem ?? before.problem : '',
  };
}

/**
 * Takes the present values; those that change with an event only are set elsewhere.
 * @param {PlayerState} state @param {Playback} playback @param {Player} player
 */
export function updateState(state, { clock, controller, display, frames, latency }, player) {
  const renditions = player.renditions(), { shared, target } = controller;
  state.time = display.currentTime;
  state.clock = frames.burnedClock;
  state.glassToGlassMs = frames.glassToGlass();
  state.latencyMs = latency === null ? null : latency * 1000;
  state.bufferSeconds = secondsAhead(display);
  state.rate = display.playbackRate;
  state.target = target;
  state.syncOffsetMs = shared === null || latency === null ? null : (latency - shared) * 1000;
  state.rendition = renditions?.names[renditions.current] ?? null;
  state.framesShown = frames.frames;
  state.framesDropped = display.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  state.undecoded = frames.undecoded;
  state.sound = player.hasAudio();
  state.clockOffsetMs = clock.offset;
  state.samples = frames.samples;
}

/**
 * Appends an error, unless it repeats the last one; at most 100 are kept.
 * @param {PlayerState} state
 * @param {number} at Unix ms
 * @param {string} text
 * @returns {boolean} whether it was appended
 */
export function recordError({ errors }, at, text) {
  const isNew = errors[errors.length - 1]?.text !== text;
  if (isNew) errors.push({ at, text });
  if (errors.length > 100) errors.shift();
  return isNew;
}

/**
 * The figures of `stat`, for the server.
 * @param {PlayerState} state
 * @param {number} need the target that the connection and the decoder need, s
 */
export function figuresOf(state, need) {
  const { round } = Math;
  return {
    delay: state.latencyMs === null ? null : round(state.glassToGlassMs ?? state.latencyMs),
    buf: round(state.bufferSeconds * 1000), rate: state.rate, drop: state.framesDropped,
    dec: state.framesShown, stalls: state.stalls.length,
    stallMs: round(state.stalls.reduce((sum, { seconds }) => sum + seconds * 1000, 0)),
    need: round(need * 1000), vis: !document.hidden,
  };
}
