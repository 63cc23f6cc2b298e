// SPDX-License-Identifier: Apache-2.0
// The player for a stream, if the viewer has not chosen one, and the address that it plays.

import { KINDS } from '../players/kinds.js';
import { isMPD, otherFormat } from '../transport/source.js';
/** @typedef {import('../players/kinds.js').Kind} Kind */

/**
 * The player, the URL of the playlist or MPD for it, and why it plays.
 * @typedef {{ kind: Kind, source: string, reason: string }} Choice
 */

/** The players that were tried without success. */
export class TriedPlayers {
  constructor() {
    /** @type {Set<Kind>} players that cannot play this stream */
    this.unsupported = new Set();
    /** @type {Map<Kind, number>} when the display of each player stood still, ms */
    this.stoodStill = new Map();
    /**
     * Whether WebCodecs gets its frames over a WebSocket. A refused token counts at each attempt:
     * no other socket is opened with it.
     * @type {'usable' | 'missing' | 'refused'}
     */
    this.sockets = 'usable';
  }

  /** @param {boolean} [isRefused] whether the server refuses this client */
  leaveSockets(isRefused) {
    if (this.sockets === 'usable' || isRefused) this.sockets = isRefused ? 'refused' : 'missing';
  }

  /**
   * No player can play this stream, but for `kept`.
   * @param {Kind} [kept]
   */
  leaveAll(kept) {
    const kinds = /** @type {Kind[]} */ (Object.keys(KINDS));
    for (const kind of kinds) if (kind !== kept) this.unsupported.add(kind);
  }

  /** The viewer has chosen a player. */
  forget() {
    this.unsupported.clear();
    this.sockets = 'usable';
  }
}

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

/**
 * The address for a player. hls.js and HLS of the browser need a playlist, dash.js an MPD; the
 * frame player and WebCodecs read both.
 * @param {Kind} kind @param {string} source URL of the playlist or MPD
 */
export function sourceFor(kind, source) {
  const { reads } = KINDS[kind];
  if (reads === 'both' || isMPD(source) === (reads === 'MPD')) return source;
  return otherFormat(source) ?? source;
}
