// SPDX-License-Identifier: Apache-2.0
// The elements of page.html.

/**
 * The element with this id. Throws if it does not exist or has another type.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {{ new (): T }} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no #${id}`);
  return found;
}
