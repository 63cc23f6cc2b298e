// SPDX-License-Identifier: Apache-2.0
// The state of a canvas that shows frames.

/**
 * `unset`: no position was chosen. `seeking`: the display is not at its time since `since`, ms; it
 * had stalled before if `isStalled`. `stalled`: no frame follows.
 * @typedef {{ name: 'unset' } | { name: 'seeking', since: number, isStalled: boolean }
 *   | { name: 'playing' } | { name: 'stalled' }} DisplayState
 */

/**
 * `choose`: a position was chosen. `jump`: the clock has moved without frames. `show`: a frame was
 * shown; `isNear` to its time. `stall`: the display stands still.
 * @typedef {{ name: 'choose' | 'jump', at: number } | { name: 'show', isNear: boolean }
 *   | { name: 'stall' }} DisplayEvent
 */

/**
 * @param {DisplayState} state @param {DisplayEvent} event
 * @returns {DisplayState} the same value if nothing changes
 */
export function displayAfter(state, event) {
  const isSeeking = state.name === 'seeking';
  switch (event.name) {
    case 'choose': case 'jump': {
      if (state.name === 'unset' && event.name === 'jump') return state;
      const isStalled = state.name === 'stalled' || isSeeking && state.isStalled;
      return { name: 'seeking', since: event.at, isStalled };
    }
    case 'show':
      if (!isSeeking || event.isNear) {
        return isSeeking || state.name === 'stalled' ? { name: 'playing' } : state;
      }
      return state.isStalled ? { ...state, isStalled: false } : state;
    default: return state.name === 'playing' ? { name: 'stalled' } : state;
  }
}
