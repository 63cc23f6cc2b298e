// SPDX-License-Identifier: Apache-2.0
// Messages as sentences.

/**
 * A message with a capital at its beginning.
 * @param {string} message
 */
export function sentenceOf(message) { return message.charAt(0).toUpperCase() + message.slice(1); }
