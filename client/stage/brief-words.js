// SPDX-License-Identifier: Apache-2.0
// The words of the usual states, and few words for the others until their code has arrived.

import { outageWords } from '../shared/outage.js';
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./state-words.js').Words} Words */

/** A short outage needs no words, ms. */
const DELAY = 1200;

/** @param {number | null} ms as `76 ms` or `4.2 s`; empty without a value */
export function latencyText(ms) {
  if (ms === null) return '';
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/**
 * Whether the controls stay: every state but the usual two has words.
 * @param {Words} shown
 */
export const keepsControls = ({ state }) => state !== 'live' && state !== 'past';

/**
 * Why there is no picture, in few words; empty if there is one.
 * @param {Stage} stage
 */
function troubleOf({ playback, count }) {
  const { services: { isReachable, presence }, status, refusal, clock } = playback;
  const { isPast, isPaused, isAsking } = playback;
  const isLive = status.name === 'live', time = clock.now() - status.since;
  if (isPast && isLive) return '';
  if (refusal && !isLive && !isAsking) return 'The server refuses the stream';
  if (isReachable && presence && !presence.isOnline && presence.since > 0) {
    return presence.outage ? outageWords(presence.outage).title : 'The source is away';
  }
  if (isPaused || status.name === 'dead') return '';
  if (!isLive && !isReachable && time > DELAY) return 'The server does not answer';
  if (!isLive && count.frames > 0 && time > DELAY) return 'Waiting for the stream';
  const limit = Math.max(DELAY, 3000 * playback.frames.interval());
  return isLive && count.frames > 0 && performance.now() - count.frameAt > limit
    ? 'The picture stands still' : '';
}

/**
 * @param {Stage} stage
 * @returns {Words}
 */
export function briefWords(stage) {
  const { playback } = stage, { status, needsClick, isPaused, isPast, state } = playback;
  const say = (/** @type {Partial<Words>} */ words) => ({
    state: 'waiting', tone: 'none', badge: '', detail: '', title: '', text: '',
    said: words.title ?? '', isNote: false, isDim: false, sign: '', actions: [], form: null,
    ...words,
  });
  const trouble = stage.hasStarted ? troubleOf(stage) : '';
  if (trouble) return say({ state: 'lost', tone: 'lost', badge: 'No picture', title: trouble });
  if (!stage.hasStarted || needsClick && playback.video.paused) {
    return say({ state: 'ready', badge: 'Ready' });
  }
  if (status.name === 'dead') return say({ state: 'ended', badge: 'Ended' });
  if (isPast) return say({ state: 'past', tone: 'past', badge: 'Recorded' });
  if (isPaused) return say({ state: 'paused', badge: 'Paused' });
  return status.name === 'live'
    ? say({
      state: 'live', tone: 'live', badge: 'Live',
      detail: latencyText(state.glassToGlassMs ?? state.latencyMs),
    })
    : say({ state: 'connecting', tone: 'start', badge: 'Connecting', title: 'Connecting' });
}
