// SPDX-License-Identifier: Apache-2.0
// The code for captions, which most streams do not have.

export { CEA608Decoder } from './cea608.js';
export { followCues } from './cue-feed.js';
export { CueList } from './cue-list.js';
