// SPDX-License-Identifier: Apache-2.0
// New elements. Texts of clients are never parsed as HTML.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {string} [style] its classes @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, style = '', text = '') {
  const element = document.createElement(name);
  if (style !== '') element.className = style;
  if (text !== '') element.textContent = text;
  return element;
}
