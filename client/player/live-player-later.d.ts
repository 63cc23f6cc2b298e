// SPDX-License-Identifier: Apache-2.0
// The second file of the element, beside `live-player.js` when it is built.

export * from '../stage/later.js';
