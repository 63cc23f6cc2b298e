// SPDX-License-Identifier: Apache-2.0
// The parts of the players that are not needed for HTTP frames at the live edge, and those for
// captions and for encryption, which most streams do not have.

export * from '../captions/later.js';
export { EncryptedMedia } from '../feed/encrypted-media.js';
export { PastExtent } from '../server/past-extent.js';
export { CodecOutput } from './codec-output.js';
export { hasDashScript } from './dash-script.js';
export { DashPlayer } from './dashjs.js';
export { FramePlayer } from './frame-player.js';
export { HlsPlayer } from './hlsjs.js';
export { NativePlayer } from './native.js';
export { PastPlayer } from './past-player.js';
export { SocketPlayer } from './socket-player.js';
export { parseManifest } from '../transport/mpd.js';
export { forgetMissingSockets, hasNoSockets } from '../transport/socket.js';
