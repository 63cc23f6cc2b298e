// SPDX-License-Identifier: Apache-2.0
// Code that a viewer needs later, or never: other players than HTTP frames, the past, and closed
// captions. For the element it is a file of its own, `live-player-later.js`.

export { BUILD } from '../shared/build.js';
export * from '../engine/players/later-players.js';
export { PastControls } from './past-controls.js';
export { showBlocks } from './placed-captions.js';
