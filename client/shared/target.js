// SPDX-License-Identifier: Apache-2.0
// The target latency that a viewer asks for.

/**
 * A valid target, s, and what is wrong with another one; neither for no target.
 * @param {string | null} text
 * @returns {{ target: number | null, problem: string | null }}
 */
export function targetOf(text) {
  if (text === null || text === '') return { target: null, problem: null };
  const target = parseFloat(text);
  if (target >= 0.05 && target <= 10) return { target, problem: null };
  return { target: null, problem: `invalid target "${text}" (expected 0.05–10 seconds)` };
}
