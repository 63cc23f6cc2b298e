// SPDX-License-Identifier: Apache-2.0
// The player after one whose display stands still.

import { isMPD } from '../transport/source.js';
/** @typedef {import('../players/kinds.js').Kind} Kind */

/**
 * The player to try if the display of another one stands still; null if there is none.
 * @param {string} source @param {Kind} kind the player
 * @param {Set<Kind>} unsupported players that cannot play the stream
 * @param {Map<Kind, number>} stoodStill when the display of others stood still: the latest is last
 * @returns {Kind | null}
 */
export function nextTransport(source, kind, unsupported, stoodStill) {
  /** @type {Kind[]} */
  const order = isMPD(source) ? ['frames', 'dashjs'] : ['frames', 'ws', 'hlsjs'];
  const at = (/** @type {Kind} */ other) => stoodStill.get(other) ?? 0;
  const others = order.filter((other) => other !== kind && !unsupported.has(other));
  return others.sort((a, b) => at(a) - at(b))[0] ?? null;
}
