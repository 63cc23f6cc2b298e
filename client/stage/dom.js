// SPDX-License-Identifier: Apache-2.0
// The elements of page.html, in a document or in the shadow root of <live-player>.

/** @typedef {Document | ShadowRoot} Root */

/**
 * The element with this id. Throws if it does not exist or has another type.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {{ new (): T }} type
 * @param {Root} [root]
 * @returns {T}
 */
export function element(id, type, root = document) {
  const found = root.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no #${id}`);
  return found;
}
