// SPDX-License-Identifier: Apache-2.0
// Code that a viewer needs later, or never: other players than HTTP frames, the past, closed
// captions, menus and sheets, the time bar of the wall. It is a file of its own,
// `live-player-later.js`.

export { BUILD } from '../shared/build.js';
export * from '../engine/playback/later-playback.js';
export { Extras } from '../sheets/extras.js';
export { FrameHold } from './frame-hold.js';
export { PastControls } from './past-controls.js';
export { PastOffer } from './past-offer.js';
export { tell } from './stage-facts.js';
export { showBlocks } from './placed-captions.js';
export { WallTime } from '../wall/wall-time.js';
