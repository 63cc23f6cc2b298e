// SPDX-License-Identifier: Apache-2.0
// The code for captions, which most streams do not have.

export { CaptionDecoder } from './caption-decoder.js';
export { Captions } from './captions.js';
export { channelTracks } from './channel-tracks.js';
export { followCues } from './cue-feed.js';
export { CueList } from './cue-list.js';
