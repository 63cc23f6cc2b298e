// SPDX-License-Identifier: Apache-2.0
// A chart of the last ten minutes.

import { SPAN } from './document.js';
import { make } from '../shared/make.js';
import {
  areaPath, barPaths, HIGH, linePath, nearestRow, niceMaximum, scaleOf, WIDE,
} from './shapes.js';
/** @typedef {import('./document.js').Row} Row */

const SVG = 'http://www.w3.org/2000/svg';
/** The width of a bar: the interval of the rows. */
const BAR = 2000 / SPAN * WIDE;

/**
 * A series of a chart.
 * @typedef {object} Series
 * @property {string} column of the history, and class of the colour
 * @property {string} name for people
 */

/**
 * `lines`: one over the other; `stack`: areas on top of each other; `bars`: bars on top of each
 * other. `range`: an area between two columns behind the lines.
 * @typedef {object} Kind
 * @property {string} title
 * @property {'lines' | 'stack' | 'bars'} form
 * @property {Series[]} series
 * @property {{ low: string, high: string, name: string }} [range]
 * @property {number} least the lowest value of the upper edge
 * @property {(value: number) => string} text of a value
 */

/** One chart. The value under the pointer is shown in its legend. */
export class Chart {
  /** @param {Kind} kind */
  constructor(kind) {
    this.kind = kind;
    /** @type {Row[]} */
    this.rows = [];
    this.now = 0;
    /** @type {number | null} the time under the pointer, Unix ms */
    this.pointed = null;
    this.svg = document.createElementNS(SVG, 'svg');
    this.svg.setAttribute('viewBox', `0 0 ${WIDE} ${HIGH}`);
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.svg.setAttribute('role', 'img');
    for (const y of [0, 50, 100]) this.rule(`0 ${y} ${WIDE} ${y}`);
    /** @type {SVGPathElement | null} */
    this.range = kind.range ? this.path('areas range') : null;
    this.paths = kind.series.map(({ column }) => (
      this.path(`${kind.form === 'lines' ? 'lines' : 'areas'} ${column}`)));
    this.cursor = this.rule('0 0 0 100', 'cursor');
    this.cursor.style.display = 'none';
    this.ticks = [100, 50, 0].map((percent) => {
      const tick = make('span', 'tick');
      tick.style.top = `${100 - percent}%`;
      return tick;
    });
    this.title = make('b', '', kind.title);
    this.keys = kind.series.map(({ column }) => {
      const key = make('span', `key ${column}`);
      key.append(make('i'), make('span'));
      return key;
    });
    if (kind.range) {
      const key = make('span', 'key range');
      key.append(make('i'), make('span', '', kind.range.name));
      this.keys.push(key);
    }
    this.element = this.assembled();
  }

  assembled() {
    const caption = make('figcaption'), plot = make('div', 'plot'), span = make('div', 'span');
    caption.append(this.title, ...this.keys);
    plot.append(this.svg, ...this.ticks);
    span.append(make('span', '', '10 min ago'), make('span', '', 'now'));
    plot.addEventListener('pointermove', ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      this.pointed = this.now - SPAN + (clientX - left) / width * SPAN;
      this.label();
    });
    plot.addEventListener('pointerleave', () => {
      this.pointed = null;
      this.label();
    });
    const figure = make('figure', 'panel');
    figure.append(caption, plot, span);
    return figure;
  }

  /** @param {string} style */
  path(style) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', style);
    this.svg.append(path);
    return path;
  }

  /** @param {string} ends @param {string} [style] */
  rule(ends, style = '') {
    const line = document.createElementNS(SVG, 'line');
    ends.split(' ').forEach((value, i) => line.setAttribute(['x1', 'y1', 'x2', 'y2'][i], value));
    line.setAttribute('class', style);
    this.svg.append(line);
    return line;
  }

  /** @param {Row[]} rows @param {number} now Unix ms of the server */
  show(rows, now) {
    this.rows = rows;
    this.now = now;
    const { form, series, range, least, text } = this.kind;
    const columns = series.map(({ column }) => column);
    const height = (/** @type {Row} */ row) => {
      const values = columns.map((name) => row[name] ?? 0);
      if (form === 'lines') return Math.max(...values);
      return values.reduce((sum, value) => sum + value, 0);
    };
    const top = niceMaximum(Math.max(0, ...rows.map(height)), least);
    const scale = scaleOf(now - SPAN, now, top);
    const bars = form === 'bars' ? barPaths(rows, columns, scale, BAR) : [];
    this.paths.forEach((path, i) => {
      const under = (/** @type {Row} */ row) => columns.slice(0, i)
        .reduce((sum, name) => sum + (row[name] ?? 0), 0);
      const over = (/** @type {Row} */ row) => under(row) + (row[columns[i]] ?? 0);
      path.setAttribute('d', form === 'lines' ? linePath(rows, columns[i], scale)
        : form === 'bars' ? bars[i] : areaPath(rows, [columns[i]], under, over, scale));
    });
    if (range) {
      const { low, high } = range;
      this.range?.setAttribute('d', areaPath(
        rows, [low, high], (row) => row[low] ?? 0, (row) => row[high] ?? 0, scale));
    }
    this.ticks.forEach((tick, i) => {
      tick.textContent = text(top * (1 - i / 2)).replace('.0 ', ' ');
    });
    if (form === 'stack') {
      columns.forEach((name, i) => { this.keys[i].hidden = !rows.some((row) => row[name]); });
    }
    this.label();
  }

  /** Writes the values under the pointer, or the newest ones. */
  label() {
    const { series, text, title } = this.kind, { pointed, rows } = this;
    const row = pointed === null ? rows[rows.length - 1] : nearestRow(rows, pointed);
    const isPointed = pointed !== null && row !== null && row !== undefined;
    this.cursor.style.display = isPointed ? '' : 'none';
    if (isPointed) {
      const x = String(((row.t ?? 0) - this.now + SPAN) / SPAN * WIDE);
      this.cursor.setAttribute('x1', x);
      this.cursor.setAttribute('x2', x);
    }
    const words = series.map(({ column, name }) => {
      const value = row?.[column] ?? null;
      return `${name} ${value === null ? '–' : text(value)}`;
    });
    words.forEach((word, i) => {
      const line = this.keys[i].lastElementChild;
      if (line && line.textContent !== word) line.textContent = word;
    });
    const age = isPointed ? Math.max(0, Math.round((this.now - (row.t ?? 0)) / 1000)) : 0;
    this.title.textContent = isPointed ? `${title}, ${age} s ago` : title;
    this.svg.setAttribute('aria-label', `${title}: ${words.join(', ')}`);
  }
}
