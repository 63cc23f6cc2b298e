// SPDX-License-Identifier: Apache-2.0
// The tables of renditions and of viewers.

import { TRANSPORTS } from './document.js';
import { make } from '../shared/make.js';
import { bitrate, count, duration, milli, program } from './texts.js';
/** @typedef {import('./document.js').Stream} Stream */
/** @typedef {import('./document.js').Viewer} Viewer */

/** The maximum number of viewers that are shown one by one. */
const SHOWN = 200;

/** @typedef {{ text: string, style?: string, colour?: string, title?: string }} Cell */

/** A table whose rows are replaced, under a title with a note. It scrolls inside its panel. */
class Table {
  /** @param {string} title @param {[name: string, style: string][]} columns */
  constructor(title, columns) {
    this.element = make('section', 'panel flat');
    const table = make('table'), head = make('tr'), bar = make('header', 'in');
    this.note = make('span', 'quiet small');
    bar.append(make('h2', 'grow', title), this.note);
    for (const [name, style] of columns) {
      const cell = make('th', style, name);
      cell.scope = 'col';
      head.append(cell);
    }
    const heads = make('thead'), box = make('div', 'scroll');
    heads.append(head);
    this.body = make('tbody');
    table.append(make('caption', 'sr', title), heads, this.body);
    box.tabIndex = 0;
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', title);
    box.append(table);
    this.element.append(bar, box);
  }

  /** @param {Cell[][]} rows */
  show(rows) {
    this.body.replaceChildren(...rows.map((cells) => {
      const line = make('tr');
      line.append(...cells.map(({ text, style, colour, title }) => {
        const cell = make('td', `${style ?? 'n'} ${colour ?? ''}`.trim());
        if (colour) cell.append(make('i'));
        cell.append(text);
        if (title) cell.title = title;
        return cell;
      }));
      return line;
    }));
  }
}

/** The receivers to which a stream is pushed. */
export class PushTable extends Table {
  constructor() {
    super('Pushed to', [
      ['Receiver', ''], ['Renditions', ''], ['State', ''], ['For', 'n'], ['Sent', 'n'],
      ['Left out', 'n'], ['Reconnected', 'n'], ['Reason', ''],
    ]);
  }

  /** @param {Stream} stream */
  update({ push = [] }) {
    this.element.hidden = push.length === 0;
    this.show(push.map((one) => [
      { text: one.to, style: '' }, { text: one.renditions.join(', ') || '–', style: '' },
      { text: one.state, style: '' }, { text: duration(one.seconds * 1000) },
      { text: `${(one.bytes / 1e6).toFixed(1)} MB` }, { text: count(one.dropped) },
      { text: count(one.reconnects) }, { text: one.reason ?? '', style: '' },
    ]));
  }
}

/** Viewers by rendition and transport. */
export class RenditionTable extends Table {
  constructor() {
    super('Renditions', [
      ['Rendition', ''], ['Viewers', 'n'], ...Object.values(TRANSPORTS)
        .map((name) => /** @type {[string, string]} */ ([name, 'n'])),
      ['Delay min', 'n'], ['average', 'n'], ['median', 'n'], ['95 of 100', 'n'], ['max', 'n'],
      ['Rate', 'n'],
    ]);
  }

  /** @param {Stream} stream */
  update({ renditions }) {
    this.element.hidden = renditions.length === 0;
    this.show(renditions.map(({ name, viewers, transports, delay, kbps }) => [
      { text: name || '–', style: '' }, { text: count(viewers) },
      ...Object.keys(TRANSPORTS).map((key) => ({ text: count(transports[key] ?? 0) })),
      ...[delay?.min, delay?.avg, delay?.p50, delay?.p95, delay?.max]
        .map((value) => ({ text: milli(value) })),
      { text: bitrate(kbps) },
    ]));
  }
}

/** Each viewer. */
export class ViewerTable extends Table {
  constructor() {
    super('Who watches', [
      ['Transport', ''], ['Rendition', ''], ['Address', ''], ['Player', ''], ['Delay', 'n'],
      ['Delivery', 'n'], ['Buffer', 'n'], ['Rate', 'n'], ['Round trip', 'n'], ['Stalls', 'n'],
      ['Drops', 'n'], ['For', 'n'],
    ]);
  }

  /** @param {Stream} stream @param {number} now Unix ms */
  update({ viewers, omitted = 0 }, now) {
    const total = viewers.length + omitted;
    const worst = [...viewers].reverse().sort((a, b) => (b.delay ?? -1) - (a.delay ?? -1));
    const shown = worst.slice(0, SHOWN);
    this.note.textContent = total > shown.length
      ? `largest delay first, ${shown.length} of ${total}` : 'largest delay first';
    this.element.hidden = total === 0;
    this.show(shown.map((viewer) => row(viewer, now)));
  }
}

/**
 * @param {Viewer} viewer @param {number} now Unix ms
 * @returns {Cell[]}
 */
function row(viewer, now) {
  const { transport, rendition, ip, ua, delay, delivery, buf, kbps, rtt, stalls, since } = viewer;
  const name = /** @type {Record<string, string>} */ (TRANSPORTS)[transport] ?? transport;
  const drops = (viewer.drops ?? 0) + viewer.skips;
  return [
    { text: name, style: '', colour: transport }, { text: rendition || '–', style: '' },
    { text: ip, style: '' }, { text: program(ua), style: 'cut', title: ua },
    { text: milli(delay) }, { text: milli(delivery) }, { text: milli(buf) },
    { text: bitrate(kbps) }, { text: milli(rtt) },
    { text: stalls === undefined ? '–' : count(stalls), style: (stalls ?? 0) > 0 ? 'n warn' : 'n' },
    { text: count(drops), style: drops > 0 ? 'n warn' : 'n' }, { text: duration(now - since) },
  ];
}
