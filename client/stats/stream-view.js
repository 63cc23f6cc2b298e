// SPDX-License-Identifier: Apache-2.0
// One stream: its state, values, charts and tables.

import { Chart } from './chart.js';
import { TRANSPORTS } from './document.js';
import { make } from '../shared/make.js';
import { PushTable, RenditionTable, ViewerTable } from './tables.js';
import { bitrate, count, duration, milli } from './texts.js';
/** @typedef {import('./document.js').Row} Row */
/** @typedef {import('./document.js').Stream} Stream */

const TILES = ['Viewers', 'Median delay', '95 % below', 'Round trip', 'Sent', 'Stalls', 'Drops'];

/** The section of a stream. */
export class StreamView {
  /** @param {string} name */
  constructor(name) {
    this.dot = make('span', 'dot');
    this.state = make('p');
    const heading = make('h2'), title = make('div', 'title');
    heading.append(this.dot, name);
    title.append(heading, this.state);
    const tiles = make('dl', 'tiles');
    this.tiles = TILES.map((text) => {
      const tile = make('div'), value = make('dd');
      tile.append(make('dt', '', text), value);
      tiles.append(tile);
      return value;
    });
    this.charts = [
      new Chart({
        title: 'Viewers', form: 'stack', least: 2, text: count,
        series: Object.entries(TRANSPORTS).map(([column, text]) => ({ column, name: text })),
      }),
      new Chart({
        title: 'Delay', form: 'lines', least: 100, text: milli,
        series: [{ column: 'p50', name: 'median' }, { column: 'p95', name: '95 %' }],
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
    tables.append(this.pushes.element, this.renditions.element, this.viewers.element);
    this.element = make('section');
    this.element.append(title, tiles, charts, tables);
    this.element.setAttribute('aria-label', `Stream ${name}`);
  }

  /** @param {Stream} stream @param {Row[]} rows @param {number} now Unix ms of the server */
  update(stream, rows, now) {
    const { aggregate, state, since } = stream, { delay } = aggregate;
    this.dot.className = `dot ${state}`;
    this.state.textContent = since === undefined ? state
      : `${state}, source unchanged for ${duration(now - since)}`;
    const sum = (/** @type {string} */ column) => (
      rows.reduce((total, row) => total + (row[column] ?? 0), 0));
    const texts = [
      count(aggregate.viewers), milli(delay?.p50), milli(delay?.p95), milli(aggregate.rtt),
      bitrate(aggregate.kbps), count(sum('stalls')), count(sum('drops')),
    ];
    texts.forEach((text, i) => {
      const [value, ...unit] = text.split(' ');
      const small = make('small', '', unit.length > 0 ? ` ${unit.join(' ')}` : '');
      this.tiles[i].replaceChildren(value, small);
    });
    for (const chart of this.charts) chart.show(rows, now);
    this.pushes.update(stream);
    this.renditions.update(stream);
    this.viewers.update(stream, now);
  }
}
