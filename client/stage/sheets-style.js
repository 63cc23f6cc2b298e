// SPDX-License-Identifier: Apache-2.0
// The style of the time bar, of menus and of sheets: one copy of it is in the built file.

import { addStyle } from './markup.js';
/** @typedef {import('./dom.js').Root} Root */

/** @param {Root} root */
export const addSheetsStyle = (root) => addStyle(root, SHEETS_STYLE);
