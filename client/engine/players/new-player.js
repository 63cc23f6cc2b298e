// SPDX-License-Identifier: Apache-2.0
// The player of each kind.

import { FramePlayer } from './frame-player.js';
import { ElementOutput } from './output.js';
import { SocketPlayer } from './socket-player.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./kinds.js').Kind} Kind */
/** @typedef {import('./player.js').Player} Player */
/** @typedef {import('./script.js').Scripts} Scripts */
/** @typedef {typeof import('./later-players.js')} LaterPlayers */

/**
 * The kind whose player is in the first file. The pictures of the wall are in a sync group, and get
 * their frames over WebSockets.
 * @type {Kind}
 */
export const FIRST_KIND = typeof IN_WALL !== 'undefined' ? 'ws' : 'frames';

/**
 * @param {Host} host
 * @param {number} target s
 * @returns {Player}
 */
export function newFirstPlayer(host, target) {
  const output = new ElementOutput(host);
  return typeof IN_WALL !== 'undefined' ? new SocketPlayer(host, target, output, 'fmp4')
    : new FramePlayer(host, target, output);
}

/**
 * @param {LaterPlayers} later @param {Kind} kind another one than FIRST_KIND @param {Host} host
 * @param {number} target s
 * @param {boolean} hasSocket whether WebCodecs gets its frames over a WebSocket
 * @param {Scripts} scripts
 * @returns {Player}
 */
export function newLaterPlayer(later, kind, host, target, hasSocket, scripts) {
  const Frames = typeof IN_WALL !== 'undefined' ? later.FramePlayer : FramePlayer;
  switch (kind) {
    case 'frames': return new Frames(host, target, new ElementOutput(host));
    case 'ws': return new later.SocketPlayer(host, target, new ElementOutput(host), 'fmp4');
    case 'webcodecs': {
      const output = new later.CodecOutput(host);
      return hasSocket ? new later.SocketPlayer(host, target, output, 'raw')
        : new Frames(host, target, output);
    }
    case 'hlsjs': return new later.HlsPlayer(host, scripts.hls);
    case 'dashjs': return new later.DashPlayer(host, target, scripts.dash);
    default: return new later.NativePlayer(host);
  }
}
