// SPDX-License-Identifier: Apache-2.0
// Addresses of files that the server has beside its streams.

/**
 * Where the second file of the player may be, for the page of a stream: beside the folder of the
 * stream, also below a folder of a proxy; none for a page from a file.
 * @param {string} page URL @param {boolean} [isRoot] whether the page is at the root of the server
 * @returns {string[]} in the order in which they are tried
 */
export function secondFiles(page, isRoot = false) {
  const { protocol, pathname } = new URL(page);
  if (protocol === 'file:') return [];
  const folder = pathname.replace(/\/t\/[^/]+(?=\/)/, '').replace(/\/ldash\/play(?=\/)/, '')
    .replace(/[^/]*$/, '');
  const folders = isRoot ? [folder] : [folder.replace(/[^/]+\/$/, ''), folder, '/'];
  return [...new Set(folders)].map((each) => (
    new URL(`${each}player/live-player-later.js`, page).href));
}
