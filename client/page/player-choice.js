// SPDX-License-Identifier: Apache-2.0
// The player for a stream, if the viewer has not chosen one.

import { isMPD } from './source.js';
/** @typedef {import('./players/player.js').Kind} Kind */

/**
 * @typedef {object} Circumstances
 * @property {string} source URL of the playlist or MPD
 * @property {string | null} sync the sync group
 * @property {boolean} hasMediaSource whether the browser has a form of Media Source Extensions
 * @property {boolean} hasDash whether dash.js can be loaded
 */

/**
 * The usual player, and why.
 * @param {Circumstances} circumstances
 * @returns {{ kind: Kind, reason: string }}
 */
export function usualPlayer({ source, sync, hasMediaSource, hasDash }) {
  if (!hasMediaSource) {
    return { kind: 'native', reason: 'this browser has no Media Source Extensions' };
  }
  if (sync !== null) return { kind: 'ws', reason: 'a sync group needs a WebSocket' };
  if (isMPD(source)) {
    return hasDash ? { kind: 'dashjs', reason: 'the stream is an MPD, and the server has dash.js' }
      : { kind: 'frames', reason: 'the stream is an MPD, and the server has no dash.js' };
  }
  return { kind: 'frames', reason: 'HTTP frames have a low latency, and caches can keep them' };
}

/**
 * The player to try after others; null if there is none.
 * @param {string} source @param {Set<Kind>} unsupported players that cannot play the stream
 * @returns {Kind | null}
 */
export function nextPlayer(source, unsupported) {
  /** @type {Kind[]} */
  const order = isMPD(source) ? ['frames', 'dashjs'] : ['frames', 'hlsjs', 'native'];
  return order.find((kind) => !unsupported.has(kind)) ?? null;
}
