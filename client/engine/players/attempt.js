// SPDX-License-Identifier: Apache-2.0
// The attempts of the frame player: one connection to the open segment each.

/**
 * `idle`: the next attempt waits. `running`: it began at `since`, ms. `suspended`: the browser
 * wants no media (ManagedMediaSource); a new attempt continues when it does.
 * @typedef {{ name: 'idle' }
 *   | { name: 'running' | 'suspended', since: number, attempt: AbortController }} AttemptState
 */

/**
 * @typedef {{ name: 'begin', at: number, attempt: AbortController } | { name: 'end' }
 *   | { name: 'suspend' } | { name: 'resume' }} AttemptEvent
 */

/**
 * @param {AttemptState} state @param {AttemptEvent} event
 * @returns {AttemptState}
 */
export function attemptAfter(state, event) {
  if (event.name === 'begin') {
    const { at: since, attempt } = event;
    return { name: state.name === 'suspended' ? 'suspended' : 'running', since, attempt };
  }
  if (state.name === 'idle') return state;
  if (event.name === 'end') return state.name === 'running' ? { name: 'idle' } : state;
  return { ...state, name: event.name === 'suspend' ? 'suspended' : 'running' };
}
