// SPDX-License-Identifier: Apache-2.0
// The text of the measured values.

import { isMPD } from '../engine/transport/source.js';
import { milliseconds } from '../shared/milliseconds.js';
import { showServedFigures } from './served-figures.js';
/** @typedef {import('../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../engine/clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../stage/stage.js').Stage} Stage */
/** @typedef {import('./panel.js').Panel} Panel */

/** @param {number} ms */
function offsetMs(ms) { return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(0)} ms`; }

/** @param {number | null} ms Unix ms */
function timeOfDay(ms) {
  return ms === null ? '–' : new Date(ms).toISOString().slice(11, 23);
}

/** @param {Stall[]} stalls */
function stallText(stalls) {
  const total = stalls.reduce((sum, stall) => sum + stall.seconds, 0);
  return stalls.length === 0 ? 'none' : `${stalls.length} (${total.toFixed(1)} s)`;
}

/** @param {ServerClock} clock */
function offsetText({ offset, roundTrip }) {
  if (roundTrip === null) return 'not compared';
  const sign = offset < 0 ? '−' : '+';
  return `${sign}${Math.abs(offset).toFixed(1)} ± ${(roundTrip / 2).toFixed(1)} ms`;
}

/**
 * The parts of a latency: what the server needs, the buffer of the player, and the rest. None if
 * one is unknown.
 * @param {number | null} total ms @param {number | null} server ms @param {number} buffer ms
 * @returns {[string, number][]}
 */
export function partsOf(total, server, buffer) {
  if (total === null || server === null || buffer <= 0) return [];
  const rest = total - server - buffer;
  if (rest < 0) return [];
  return [['Camera and server', server], ['Network and screen', rest], ['Buffer', buffer]];
}

/**
 * Shows all values.
 * @param {Panel} panel @param {Stage} stage
 */
export function showFigures(panel, { playback, figures }) {
  const { state, clock, kind, player, controller, frames, display, isPast } = playback;
  const hasTarget = (player?.isControlled() ?? false) || kind === 'dashjs';
  const wall = clock.now(), isRaised = hasTarget && state.target > controller.requested * 1.05;
  const total = isPast ? null : state.glassToGlassMs;
  panel.glassToGlass(total);
  const server = showServedFigures(panel, figures.latest, wall);
  panel.path(partsOf(total, server, state.bufferSeconds * 1000));
  panel.figure('Wall clock (UTC)', timeOfDay(wall));
  panel.figure('Burned clock (UTC)', timeOfDay(state.clock));
  panel.figure('Wall − burned', milliseconds(state.clock === null ? null : wall - state.clock));
  panel.figure('Format', isMPD(playback.source) ? 'LL-DASH' : 'LL-HLS');
  panel.figure('Player latency', milliseconds(state.latencyMs));
  panel.figure('Target', hasTarget ? milliseconds(state.target * 1000) : '–', isRaised);
  if (state.syncOffsetMs !== null) panel.figure('Offset to group', offsetMs(state.syncOffsetMs));
  panel.figure('Buffer', milliseconds(state.bufferSeconds * 1000));
  panel.figure('Rate', `${state.rate.toFixed(3)}×`);
  const { videoWidth, videoHeight } = display;
  panel.figure('Picture', videoWidth > 0 ? `${videoWidth}×${videoHeight}` : '–');
  panel.figure('Frames per second', `${frames.rate()}`);
  panel.figure('Dropped', `${state.framesDropped}`);
  panel.figure('Stalls', stallText(state.stalls));
  panel.figure('Clock to server', offsetText(clock));
}
