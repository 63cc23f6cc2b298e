// SPDX-License-Identifier: Apache-2.0
// One stream: its figures, charts and tables.

import { hourOf } from '../shared/day-time.js';
import { make } from '../shared/make.js';
import { Chart } from './chart.js';
import { TRANSPORTS } from './document.js';
import { Figures } from './figures.js';
import { PushTable, RenditionTable, ViewerTable } from './tables.js';
import { bitrate, count, milli } from './texts.js';
import { combinedRows, peakOf, sumOf } from './totals.js';
/** @typedef {import('./document.js').Row} Row */
/** @typedef {import('./document.js').Stream} Stream */

const TITLES = [
  'Watching now', 'Lens to screen', '95 of 100 below', 'Round trip', 'Sent', 'Stalls', 'Drops',
];

/** The view of a stream. */
export class StreamView {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.figures = new Figures(TITLES);
    this.charts = [
      new Chart({
        title: 'Viewers', form: 'stack', least: 2, text: count,
        series: Object.entries(TRANSPORTS).map(([column, text]) => ({ column, name: text })),
      }),
      new Chart({
        title: 'Lens to screen', form: 'lines', least: 100, text: milli,
        series: [{ column: 'p50', name: 'median' }, { column: 'p95', name: '95 of 100 below' }],
        range: { low: 'min', high: 'max', name: 'all' },
      }),
      new Chart({
        title: 'Sent', form: 'lines', least: 100, text: bitrate,
        series: [{ column: 'kbps', name: 'to all viewers' }],
      }),
      new Chart({
        title: 'Stalls and drops', form: 'bars', least: 2, text: count,
        series: [{ column: 'stalls', name: 'stalls' }, { column: 'drops', name: 'drops' }],
      }),
    ];
    const charts = make('div', 'charts'), tables = make('div', 'tables');
    charts.append(...this.charts.map(({ element }) => element));
    this.renditions = new RenditionTable();
    this.viewers = new ViewerTable();
    this.pushes = new PushTable();
    tables.append(this.viewers.element, this.renditions.element, this.pushes.element);
    this.element = make('section', 'stack gap5');
    this.element.append(this.figures.element, charts, tables);
    this.element.setAttribute('aria-label', `Stream ${name}`);
  }

  /** @param {Stream} stream @param {Row[]} rows @param {number} now Unix ms of the server */
  update(stream, rows, now) {
    const { aggregate } = stream, { delay } = aggregate;
    const peak = peakOf(combinedRows([rows]), 'people');
    this.figures.show([
      [count(aggregate.viewers), peak?.people
        ? `most ${peak.people}, at ${hourOf(peak.t ?? now)}` : ''],
      [milli(delay?.p50), 'median'], [milli(delay?.p95), ''], [milli(aggregate.rtt), ''],
      [bitrate(aggregate.kbps), 'to all viewers'],
      [count(sumOf(rows, 'stalls')), 'in 10 min'], [count(sumOf(rows, 'drops')), 'in 10 min'],
    ]);
    for (const chart of this.charts) chart.show(rows, now);
    this.pushes.update(stream);
    this.renditions.update(stream);
    this.viewers.update(stream, now);
  }
}
