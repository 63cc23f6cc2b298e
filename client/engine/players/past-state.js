// SPDX-License-Identifier: Apache-2.0
// The state of a player of the past.

/**
 * `opening`: no position is set, since its media has no buffers yet. `placed`: the position is set,
 * without media, or after the end of a recording. `playing`: media has arrived. `over`: the end of
 * a recording is shown.
 * @typedef {'opening' | 'placed' | 'playing' | 'over'} PastState
 */

/**
 * `open`: the buffers are opened again. `place`: the position was set. `arrive`: a segment with
 * video was appended. `end`: the position is at the end of the recording. `seek`: another instant
 * was chosen.
 * @typedef {'open' | 'place' | 'arrive' | 'end' | 'seek'} PastChange
 */

/** @type {Record<PastChange, Partial<Record<PastState, PastState>>>} */
const NEXT = {
  open: { placed: 'opening', playing: 'opening', over: 'opening' },
  place: { opening: 'placed' },
  arrive: { placed: 'playing' },
  end: { playing: 'over' },
  seek: { over: 'placed' },
};

/**
 * @param {PastState} state @param {PastChange} event
 * @returns {PastState}
 */
export function pastStateAfter(state, event) { return NEXT[event][state] ?? state; }
