// SPDX-License-Identifier: Apache-2.0
// Which build of the player this is.

// @ts-ignore: esbuild replaces the name
const named = typeof PLAYER_BUILD === 'undefined' ? '' : PLAYER_BUILD;

/**
 * Equal in the files of one build: a page that is open while its server is updated would get a part
 * of another one. Empty in the sources, and in the pages, which are one file each.
 */
export const BUILD = /** @type {string} */ (named);
