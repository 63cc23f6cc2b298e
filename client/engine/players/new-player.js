// SPDX-License-Identifier: Apache-2.0
// The player of each kind.

import { CodecOutput } from './codec-output.js';
import { DashPlayer } from './dashjs.js';
import { FramePlayer } from './frame-player.js';
import { HlsPlayer } from './hlsjs.js';
import { NativePlayer } from './native.js';
import { ElementOutput } from './output.js';
import { SocketPlayer } from './socket-player.js';
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./kinds.js').Kind} Kind */
/** @typedef {import('./player.js').Player} Player */
/** @typedef {import('./script.js').Scripts} Scripts */

/**
 * @param {Kind} kind @param {Host} host
 * @param {number} target s
 * @param {boolean} hasSocket whether WebCodecs gets its frames over a WebSocket
 * @param {Scripts} scripts
 * @returns {Player}
 */
export function newPlayer(kind, host, target, hasSocket, scripts) {
  switch (kind) {
    case 'frames': return new FramePlayer(host, target, new ElementOutput(host));
    case 'ws': return new SocketPlayer(host, target, new ElementOutput(host), 'fmp4');
    case 'webcodecs': {
      const output = new CodecOutput(host);
      return hasSocket ? new SocketPlayer(host, target, output, 'raw')
        : new FramePlayer(host, target, output);
    }
    case 'hlsjs': return new HlsPlayer(host, scripts.hls);
    case 'dashjs': return new DashPlayer(host, target, scripts.dash);
    default: return new NativePlayer(host);
  }
}
