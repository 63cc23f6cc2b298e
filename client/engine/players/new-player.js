// SPDX-License-Identifier: Apache-2.0
// The player of each kind.

import { FramePlayer } from './frame-player.js';
import { ElementOutput } from './output.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./kinds.js').Kind} Kind */
/** @typedef {import('./player.js').Player} Player */
/** @typedef {import('./script.js').Scripts} Scripts */
/** @typedef {typeof import('./later-players.js')} LaterPlayers */

/**
 * @param {Host} host
 * @param {number} target s
 * @returns {Player}
 */
export function newFramePlayer(host, target) {
  return new FramePlayer(host, target, new ElementOutput(host));
}

/**
 * @param {LaterPlayers} later @param {Kind} kind another one than `frames` @param {Host} host
 * @param {number} target s
 * @param {boolean} hasSocket whether WebCodecs gets its frames over a WebSocket
 * @param {Scripts} scripts
 * @returns {Player}
 */
export function newLaterPlayer(later, kind, host, target, hasSocket, scripts) {
  switch (kind) {
    case 'ws': return new later.SocketPlayer(host, target, new ElementOutput(host), 'fmp4');
    case 'webcodecs': {
      const output = new later.CodecOutput(host);
      return hasSocket ? new later.SocketPlayer(host, target, output, 'raw')
        : new FramePlayer(host, target, output);
    }
    case 'hlsjs': return new later.HlsPlayer(host, scripts.hls);
    case 'dashjs': return new later.DashPlayer(host, target, scripts.dash);
    default: return new later.NativePlayer(host);
  }
}
