// SPDX-License-Identifier: Apache-2.0
// The geometry of the charts, in a box of 1000 × 100 units.

/** @typedef {import('./document.js').Row} Row */

/** The size of the box. */
export const WIDE = 1000, HIGH = 100;
/** Rows that are further apart are not connected, ms. */
const LONGEST_STEP = 7000;

/**
 * The smallest of 1, 2, 5, 10, 20 … that is not below `value`; at least `least`.
 * @param {number} value @param {number} least
 */
export function niceMaximum(value, least) {
  const needed = Math.max(value, least, 1e-9), unit = 10 ** Math.floor(Math.log10(needed));
  return [1, 2, 5, 10].map((step) => step * unit).find((step) => step >= needed * 0.9999)
    ?? 10 * unit;
}

/**
 * Maps times and values to the box.
 * @param {number} from Unix ms @param {number} to @param {number} top the value at the upper edge
 */
export function scaleOf(from, to, top) {
  const x = (/** @type {number} */ time) => (time - from) / (to - from) * WIDE;
  const y = (/** @type {number} */ value) => HIGH - Math.min(1, Math.max(0, value / top)) * HIGH;
  return { x, y };
}

/** @typedef {ReturnType<typeof scaleOf>} Scale */

/**
 * The rows without gaps: each list has neighbouring rows in which all `columns` have values.
 * @param {Row[]} rows @param {string[]} columns
 * @returns {Row[][]}
 */
export function pieces(rows, columns) {
  /** @type {Row[][]} */
  const found = [];
  let last = -Infinity;
  for (const row of rows) {
    const time = row.t ?? 0;
    if (columns.some((name) => row[name] === null || row[name] === undefined)) {
      last = -Infinity;
      continue;
    }
    if (time - last > LONGEST_STEP) found.push([]);
    found[found.length - 1].push(row);
    last = time;
  }
  return found;
}

/** @param {number} x @param {number} y */
const point = (x, y) => `${x.toFixed(1)} ${y.toFixed(2)}`;

/**
 * The path of a line.
 * @param {Row[]} rows @param {string} column @param {Scale} scale
 */
export function linePath(rows, column, { x, y }) {
  return pieces(rows, [column]).map((piece) => {
    const points = piece.map((row) => point(x(row.t ?? 0), y(row[column] ?? 0)));
    return `M${points.length === 1 ? `${points[0]}L${points[0]}` : points.join('L')}`;
  }).join('');
}

/**
 * The path of the area between two functions of a row.
 * @param {Row[]} rows @param {string[]} columns which must have values
 * @param {(row: Row) => number} lower @param {(row: Row) => number} upper @param {Scale} scale
 */
export function areaPath(rows, columns, lower, upper, { x, y }) {
  return pieces(rows, columns).map((piece) => {
    const above = piece.map((row) => point(x(row.t ?? 0), y(upper(row))));
    const below = piece.map((row) => point(x(row.t ?? 0), y(lower(row)))).reverse();
    return `M${[...above, ...below].join('L')}Z`;
  }).join('');
}

/**
 * The paths of bars on top of each other, by column.
 * @param {Row[]} rows @param {string[]} columns from below @param {Scale} scale
 * @param {number} width of a bar
 */
export function barPaths(rows, columns, { x, y }, width) {
  return columns.map((column, index) => rows.map((row) => {
    const under = columns.slice(0, index).reduce((sum, name) => sum + (row[name] ?? 0), 0);
    const value = row[column] ?? 0, left = x(row.t ?? 0) - width;
    if (value <= 0) return '';
    const bottom = y(under), top = y(under + value);
    return `M${point(left, bottom)}V${top.toFixed(2)}h${width.toFixed(1)}V${bottom.toFixed(2)}Z`;
  }).join(''));
}

/**
 * The row that is nearest to a time; null without rows.
 * @param {Row[]} rows @param {number} time
 * @returns {Row | null}
 */
export function nearestRow(rows, time) {
  /** @type {Row | null} */
  let best = null;
  for (const row of rows) {
    const isNearer = Math.abs((row.t ?? 0) - time) < Math.abs((best?.t ?? Infinity) - time);
    if (isNearer) best = row;
  }
  return best;
}
