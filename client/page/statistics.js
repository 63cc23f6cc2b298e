// SPDX-License-Identifier: Apache-2.0

/**
 * The value below which the share `q` of the numbers lies.
 * @param {number[]} numbers @param {number} q
 */
export function quantile(numbers, q) {
  if (numbers.length === 0) return NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
