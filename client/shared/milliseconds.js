// SPDX-License-Identifier: Apache-2.0
// A duration as text.

/** @param {number | null | undefined} ms */
export function milliseconds(ms) {
  return ms === null || ms === undefined || !Number.isFinite(ms) ? '–' : `${Math.round(ms)} ms`;
}
