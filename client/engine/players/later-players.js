// SPDX-License-Identifier: Apache-2.0
// The parts of the players that are not needed for HTTP frames at the live edge, and the decoder of
// captions in the video, which most streams do not have.

export { CEA608Decoder } from '../captions/cea608.js';
export { CodecOutput } from './codec-output.js';
export { DashPlayer } from './dashjs.js';
export { HlsPlayer } from './hlsjs.js';
export { NativePlayer } from './native.js';
export { PastPlayer } from './past-player.js';
export { SocketPlayer } from './socket-player.js';
export { forgetMissingSockets, hasNoSockets } from '../transport/socket.js';
