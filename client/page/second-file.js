// SPDX-License-Identifier: Apache-2.0
// The second file of the player, for the page: code that the first picture does not need.

import { BUILD } from '../shared/build.js';
import { secondFiles } from '../shared/files.js';
import { setSecondFile } from '../shared/second-file.js';
/** @typedef {typeof import('../stage/later.js')} Later */

/** The addresses of the file, by that of the page, and by what the server has written into it. */
const addresses = () => secondFiles(
  location.href, document.getElementById('name')?.dataset.root !== undefined);

/** The address from which the file came; the first one to try before. */
let address = addresses()[0] ?? '';

/** @returns {Promise<Later>} */
export async function loadSecondFile() {
  /** @type {unknown} */
  let problem = new Error('a page from a file has no other part');
  for (const url of addresses()) {
    try {
      const code = /** @type {Later} */ (await import(url));
      if (code.BUILD !== BUILD) {
        throw new Error('the server has another version of it: load the page again');
      }
      address = url;
      return code;
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

setSecondFile(loadSecondFile);

/** The address of the element. */
export const elementAddress = () => address.replace('-later.js', '.js');
