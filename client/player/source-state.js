// SPDX-License-Identifier: Apache-2.0
// The state of a stream in one word.

/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/** @typedef {'starting' | 'live' | 'lost' | 'failed' | 'ended' | 'unreachable'} SourceState */

/**
 * `since` in Unix ms. `lost`: the server repeats a frame, since the source supplies none.
 * @param {Pick<Playback, 'services' | 'status'>} playback
 * @returns {{ state: SourceState, since: number }}
 */
export function sourceStateOf({ services, status: { name, since } }) {
  const { presence, isReachable } = services;
  if (name === 'dead') return { state: 'ended', since };
  if (isReachable && presence && !presence.isOnline && presence.since > 0) {
    return { state: presence.hasFailed ? 'failed' : 'lost', since: presence.since / 1e6 };
  }
  if (name === 'live') return { state: 'live', since };
  return { state: isReachable ? 'starting' : 'unreachable', since };
}
