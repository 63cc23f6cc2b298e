// SPDX-License-Identifier: Apache-2.0
// The second file of the player, for modules of the first one.

/** @type {(() => Promise<any>) | null} */
let request = null;

/** @param {() => Promise<any>} body loads the second file; it is beside the first one */
export function setSecondFile(body) { request = body; }

/**
 * The exports of the second file.
 * @returns {Promise<any>}
 */
export function secondFile() {
  return request ? request() : Promise.reject(new Error('there is no second file'));
}
