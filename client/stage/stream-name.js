// SPDX-License-Identifier: Apache-2.0
// The name of a stream.

/**
 * The name of the stream in its address.
 * @param {string} source
 */
export function nameIn(source) {
  const parts = new URL(source).pathname.split('/').filter((part) => part !== '');
  try {
    return decodeURIComponent(parts.at(-2) ?? '');
  } catch {
    return parts.at(-2) ?? '';
  }
}
