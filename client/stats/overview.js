// SPDX-License-Identifier: Apache-2.0
// All streams: figures, a table of those with viewers, the names of the others, and charts.

import { hourOf } from '../shared/day-time.js';
import { make, setText, showBadge } from '../shared/make.js';
import { Chart } from './chart.js';
import { Figures } from './figures.js';
import { bitrate, count, milli } from './texts.js';
import { badgeOf, combinedRows, peakOf, sumOf, totalsOf } from './totals.js';
/** @typedef {import('./document.js').History} History */
/** @typedef {import('./document.js').Statistics} Statistics */
/** @typedef {import('./document.js').Stream} Stream */

/** Names and classes of the columns. */
const COLUMNS = [
  ['Stream', ''], ['State', ''], ['Viewers', 'n'], ['Median', 'n'], ['95 of 100', 'n wide-only'],
  ['Sent', 'n'], ['Stalls', 'n wide-only'],
];

/** @param {Stream} stream its link to the view of one stream */
function link({ name, label }) {
  const anchor = make('a', 'who', label ?? name);
  anchor.href = `#${encodeURIComponent(name)}`;
  return anchor;
}

/** The view of all streams. */
export class Overview {
  constructor() {
    this.figures = new Figures(
      ['Watching now', 'Lens to screen', '95 of 100 below', 'Sent', 'Stalls']);
    const table = make('table'), head = make('tr'), heads = make('thead');
    for (const [name, style] of COLUMNS) {
      const cell = make('th', style, name);
      cell.scope = 'col';
      head.append(cell);
    }
    heads.append(head);
    this.body = make('tbody');
    table.append(make('caption', 'sr', 'Streams with viewers'), heads, this.body);
    this.panel = make('section', 'panel flat scroll');
    this.panel.append(table);
    this.panel.tabIndex = 0;
    this.panel.setAttribute('aria-label', 'Streams with viewers');
    this.nobody = make('p', 'note');
    this.nobody.append(make('span'), 'Nobody watches now. The charts go back ten minutes.');
    this.details = make('details');
    this.summary = make('summary', 'btn');
    this.idle = make('div', 'idle');
    this.details.append(this.summary, this.idle);
    this.charts = [
      new Chart({
        title: 'Viewers', form: 'stack', least: 2, text: count,
        series: [{ column: 'people', name: 'all streams' }],
      }),
      new Chart({
        title: 'Sent', form: 'lines', least: 100, text: bitrate,
        series: [{ column: 'kbps', name: 'all streams' }],
      }),
    ];
    const charts = make('div', 'charts');
    charts.append(...this.charts.map(({ element }) => element));
    this.element = make('div', 'stack gap5');
    this.element.append(this.figures.element, this.nobody, this.panel, this.details, charts);
  }

  /** @param {Statistics} statistics @param {History} history */
  update({ streams, now }, history) {
    const { viewers, kbps, median, most } = totalsOf(streams);
    const rows = combinedRows(streams.map(({ name }) => history.of(name)));
    const peak = peakOf(rows, 'people');
    const top = peak?.people ? `most ${peak.people}, at ${hourOf(peak.t ?? now)}` : '';
    this.figures.show([
      [count(viewers), top], [milli(median), 'half of them are below'],
      [milli(most), ''], [bitrate(kbps), 'to all viewers'],
      [count(sumOf(rows, 'stalls')), 'in 10 min'],
    ]);
    const watched = streams.filter(({ aggregate }) => aggregate.viewers > 0)
      .sort((a, b) => b.aggregate.viewers - a.aggregate.viewers);
    this.nobody.hidden = watched.length > 0;
    this.panel.hidden = watched.length === 0;
    this.showRows(watched.map((stream) => (
      { stream, stalls: sumOf(history.of(stream.name), 'stalls') })));
    this.showIdle(streams.filter((stream) => !watched.includes(stream)));
    for (const chart of this.charts) chart.show(rows, now);
  }

  /** @param {{ stream: Stream, stalls: number }[]} rows */
  showRows(rows) {
    const focused = document.activeElement?.getAttribute('href');
    this.body.replaceChildren(...rows.map(({ stream, stalls }) => {
      const line = make('tr'), name = make('td'), state = make('td'), badge = make('span');
      const { viewers, delay, kbps } = stream.aggregate;
      name.append(link(stream));
      showBadge(badge, ...badgeOf(stream.state));
      state.append(badge);
      const values = [count(viewers), milli(delay?.p50), milli(delay?.p95), bitrate(kbps),
        count(stalls)];
      line.append(name, state, ...values.map((text, i) => make('td', COLUMNS[i + 2][1], text)));
      return line;
    }));
    // The rows are new elements: the focus stays on its link.
    for (const anchor of this.body.querySelectorAll('a')) {
      if (focused && anchor.getAttribute('href') === focused) anchor.focus();
    }
  }

  /** @param {Stream[]} streams without viewers */
  showIdle(streams) {
    this.details.hidden = streams.length === 0;
    setText(this.summary, streams.length === 1 ? '1 stream without viewers'
      : `${streams.length} streams without viewers`);
    const names = streams.map(({ name }) => name).join('\n');
    if (this.idle.dataset.names === names) return;
    this.idle.dataset.names = names;
    this.idle.replaceChildren(...streams.map(link));
  }
}
