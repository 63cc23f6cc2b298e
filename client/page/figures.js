// SPDX-License-Identifier: Apache-2.0
// The text of the measured values.

import { milliseconds } from '../shared/milliseconds.js';
/** @typedef {import('../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../engine/clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../engine/playback/state.js').PlayerState} PlayerState */
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
 * The rest of a player's values: the frames in the last second; whether its latency has a target,
 * and the requested one, s.
 * @typedef {{ frameRate: number, hasTarget: boolean, requested: number, isDASH: boolean,
 *   isPast: boolean }} Details
 */

/**
 * Shows all values except those of /timestamps.json.
 * @param {Panel} panel @param {PlayerState} state @param {ServerClock} clock
 * @param {Details} details
 */
export function showFigures(panel, state, clock, details) {
  const { frameRate, hasTarget, requested, isDASH, isPast } = details;
  const wall = clock.now(), isRaised = hasTarget && state.target > requested * 1.05;
  panel.glassToGlass(isPast ? null : state.glassToGlassMs);
  panel.figure('Wall clock (UTC)', timeOfDay(wall));
  panel.figure('Burned clock (UTC)', timeOfDay(state.clock));
  panel.figure('Wall − burned', milliseconds(state.clock === null ? null : wall - state.clock));
  panel.figure('Format', isDASH ? 'LL-DASH' : 'LL-HLS');
  panel.figure('Player latency', milliseconds(state.latencyMs));
  panel.figure('Target', hasTarget ? milliseconds(state.target * 1000) : '–', isRaised);
  if (state.syncOffsetMs !== null) panel.figure('Offset to group', offsetMs(state.syncOffsetMs));
  panel.figure('Buffer', milliseconds(state.bufferSeconds * 1000));
  panel.figure('Rate', `${state.rate.toFixed(3)}×`);
  panel.figure('Frames per second', `${frameRate}`);
  panel.figure('Stalls', stallText(state.stalls));
  panel.figure('Clock to server', offsetText(clock));
}
