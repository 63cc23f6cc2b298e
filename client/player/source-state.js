// SPDX-License-Identifier: Apache-2.0
// The state of the stream in one word.

/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/**
 * @typedef {'starting' | 'live' | 'lost' | 'failed' | 'ended' | 'unreachable' | 'refused'
 *   } SourceState
 */

/**
 * `since` in Unix ms. `lost`: the server repeats a frame, since the source supplies none. `status`:
 * that of the answer by which the server has refused the stream.
 * @param {Pick<Playback, 'services' | 'status' | 'refusal' | 'isAsking'>} playback
 * @returns {{ state: SourceState, since: number, status?: number }}
 */
export function sourceStateOf({ services, status: { name, since }, refusal, isAsking }) {
  const { presence, isReachable } = services;
  const isLost = isReachable && presence && !presence.isOnline && presence.since > 0;
  if (refusal && name !== 'live' && !isAsking && !(isLost && refusal.status === 503)) {
    return { state: 'refused', since: refusal.at, status: refusal.status };
  }
  if (name === 'dead') return { state: 'ended', since };
  if (isLost) {
    return { state: presence.hasFailed ? 'failed' : 'lost', since: presence.since / 1e6 };
  }
  if (name === 'live') return { state: 'live', since };
  return { state: isReachable ? 'starting' : 'unreachable', since };
}
