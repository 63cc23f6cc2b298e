// SPDX-License-Identifier: Apache-2.0
// The state of a stream in one word.

/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/** @typedef {'starting' | 'live' | 'lost' | 'failed' | 'ended' | 'unreachable'} SourceState */

/**
 * `since` in Unix ms. `lost`: the server repeats a picture, since the source supplies none.
 * @param {Pick<Playback, 'state' | 'services' | 'changedAt'>} playback
 * @returns {{ state: SourceState, since: number }}
 */
export function sourceStateOf({ state, services, changedAt }) {
  const { presence, isReachable } = services;
  if (state.status === 'dead') return { state: 'ended', since: changedAt };
  if (isReachable && presence && !presence.isOnline && presence.since > 0) {
    return { state: presence.hasFailed ? 'failed' : 'lost', since: presence.since / 1e6 };
  }
  if (state.status === 'live') return { state: 'live', since: changedAt };
  return { state: isReachable ? 'starting' : 'unreachable', since: changedAt };
}
