// SPDX-License-Identifier: Apache-2.0
// The name of a sync group.

/**
 * A valid name, and what is wrong with another one; neither for no name.
 * @param {string | null} name
 * @returns {{ group: string | null, problem: string | null }}
 */
export function syncGroupOf(name) {
  if (name === null || name === '') return { group: null, problem: null };
  if (/^[\w.-]{1,64}$/.test(name)) return { group: name, problem: null };
  const expected = 'expected 1–64 letters, digits and . _ -';
  return { group: null, problem: `invalid sync group "${name}" (${expected})` };
}
