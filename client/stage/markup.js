// SPDX-License-Identifier: Apache-2.0
// Markup and styles of the player, in forms that pages with strict policies permit.

/** @typedef {import('./dom.js').Root} Root */

/** @type {{ createHTML: (text: string) => any } | null} shared by all elements */
let policy = null;

/** @type {Map<string, CSSStyleSheet>} shared by all elements, by their texts */
const sheets = new Map();

/**
 * Constant markup as elements, also in a page with Trusted Types.
 * @param {string} text never that of a client or a server
 * @returns {DocumentFragment}
 */
export function fragmentOf(text) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const template = document.createElement('template');
  policy ??= trustedTypes?.createPolicy('live-player', {
    createHTML: (/** @type {string} */ constant) => constant,
  }) ?? { createHTML: (constant) => constant };
  template.innerHTML = policy?.createHTML(text) ?? '';
  return template.content;
}

/**
 * Adds a style sheet. A constructed one needs no permission of the page's policy; older browsers
 * get an element.
 * @param {Root} root @param {string} text
 */
export function addStyle(root, text) {
  if ('adoptedStyleSheets' in root) {
    const sheet = sheets.get(text) ?? new CSSStyleSheet();
    if (!sheets.has(text)) {
      sheet.replaceSync(text);
      sheets.set(text, sheet);
    }
    if (!root.adoptedStyleSheets.includes(sheet)) {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    }
  } else {
    const style = document.createElement('style');
    style.textContent = text;
    const { head } = /** @type {any} */ (root);
    (head ?? root).append(style);
  }
}
