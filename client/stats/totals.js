// SPDX-License-Identifier: Apache-2.0
// Figures of all streams together.

/** @typedef {import('./document.js').Row} Row */
/** @typedef {import('./document.js').Stream} Stream */

/** The interval of the rows, ms. */
const INTERVAL = 2000;
/** The columns of a row that count viewers. */
const VIEWERS = ['ws', 'http', 'llhls', 'hls', 'dash', 'relay'];

/**
 * The value below which a share of the sorted values lies; undefined without values.
 * @param {number[]} values @param {number} share 0–1
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/**
 * Viewers and rates of all streams now, and the delays of the listed viewers.
 * @param {Stream[]} streams
 */
export function totalsOf(streams) {
  const delays = streams.flatMap(({ viewers }) => viewers.flatMap(({ delay }) => delay ?? []));
  return {
    viewers: streams.reduce((sum, { aggregate }) => sum + aggregate.viewers, 0),
    kbps: streams.reduce((sum, { aggregate }) => sum + aggregate.kbps, 0),
    median: quantile(delays, 0.5), most: quantile(delays, 0.95),
  };
}

/**
 * The rows of all streams, added by their times: `people`, `kbps` and `stalls`.
 * @param {Row[][]} histories
 * @returns {Row[]}
 */
export function combinedRows(histories) {
  /** @type {Map<number, Row>} */
  const rows = new Map();
  for (const row of histories.flat()) {
    const slot = Math.round((row.t ?? 0) / INTERVAL);
    const sum = rows.get(slot) ?? { t: slot * INTERVAL, people: 0, kbps: 0, stalls: 0 };
    const people = VIEWERS.reduce((count, name) => count + (row[name] ?? 0), 0);
    rows.set(slot, {
      ...sum, people: (sum.people ?? 0) + people, kbps: (sum.kbps ?? 0) + (row.kbps ?? 0),
      stalls: (sum.stalls ?? 0) + (row.stalls ?? 0),
    });
  }
  return [...rows.values()].sort((a, b) => (a.t ?? 0) - (b.t ?? 0));
}

/**
 * The row with the largest value of a column; null without any.
 * @param {Row[]} rows @param {string} column
 * @returns {Row | null}
 */
export function peakOf(rows, column) {
  return rows.reduce((best, row) => (
    best === null || (row[column] ?? 0) > (best[column] ?? 0) ? row : best),
  /** @type {Row | null} */ (null));
}

/** @param {Row[]} rows @param {string} column */
export const sumOf = (rows, column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0);

/** The badges of the server's words for a stream. */
const BADGES = /** @type {Record<string, [kind: string, word: string]>} */ ({
  live: ['live', 'Live'], starting: ['start', 'Starting'], idle: ['demand', 'On demand'],
  ended: ['none', 'Ended'], failed: ['bad', 'Failed'],
});

/** @param {string} state @returns {[kind: string, word: string]} */
export const badgeOf = (state) => (
  Object.hasOwn(BADGES, state) ? BADGES[state] : ['none', state]);
