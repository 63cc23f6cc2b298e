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

/** A table whose rows are replaced. */
class Table {
  /** @param {string} caption @param {[name: string, style: string][]} columns */
  constructor(caption, columns) {
    this.element = make('div', 'scroll');
    this.element.tabIndex = 0;
    const table = make('table'), head = make('tr');
    this.caption = make('caption', '', caption);
    for (const [name, style] of columns) {
      const cell = make('th', style, name);
      cell.scope = 'col';
      head.append(cell);
    }
    const heads = make('thead');
    heads.append(head);
    this.body = make('tbody');
    table.append(this.caption, heads, this.body);
    this.element.append(table);
  }

  /** @param {Cell[][]} rows */
  show(rows) {
    this.body.replaceChildren(...rows.map((cells) => {
      const line = make('tr');
      line.append(...cells.map(({ text, style, colour, title }) => {
        const cell = make('td', `${style ?? ''} ${colour ?? ''}`.trim());
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
      ['Receiver', 'text'], ['Renditions', 'text'], ['State', 'text'], ['For', ''],
      ['Sent', ''], ['Left out', ''], ['Reconnected', ''], ['Reason', 'text'],
    ]);
  }

  /** @param {Stream} stream */
  update({ push = [] }) {
    this.element.hidden = push.length === 0;
    this.show(push.map((one) => [
      { text: one.to, style: 'text' }, { text: one.renditions.join(', ') || '–', style: 'text' },
      { text: one.state, style: 'text' }, { text: duration(one.seconds * 1000) },
      { text: `${(one.bytes / 1e6).toFixed(1)} MB` }, { text: count(one.dropped) },
      { text: count(one.reconnects) }, { text: one.reason ?? '', style: 'text' },
    ]));
  }
}

/** Viewers by rendition and transport. */
export class RenditionTable extends Table {
  constructor() {
    super('Renditions', [
      ['Rendition', 'text'], ['Viewers', ''], ...Object.values(TRANSPORTS)
        .map((name) => /** @type {[string, string]} */ ([name, ''])),
      ['Delay min', ''], ['average', ''], ['median', ''], ['95 %', ''], ['max', ''], ['Rate', ''],
    ]);
  }

  /** @param {Stream} stream */
  update({ renditions }) {
    this.element.hidden = renditions.length === 0;
    this.show(renditions.map(({ name, viewers, transports, delay, kbps }) => [
      { text: name || '–', style: 'text' }, { text: count(viewers) },
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
    super('Viewers', [
      ['Transport', 'text'], ['Rendition', 'text'], ['Address', 'text'], ['Program', 'text'],
      ['Delay', ''], ['Delivery', ''], ['Buffer', ''], ['Rate', ''], ['Round trip', ''],
      ['Stalls', ''], ['Drops', ''], ['For', ''],
    ]);
  }

  /** @param {Stream} stream @param {number} now Unix ms */
  update({ viewers, omitted = 0 }, now) {
    const newest = [...viewers].reverse().slice(0, SHOWN), total = viewers.length + omitted;
    this.caption.textContent = total > newest.length
      ? `The newest ${newest.length} of ${total} viewers` : 'Viewers';
    this.element.hidden = total === 0;
    this.show(newest.map((viewer) => row(viewer, now)));
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
    { text: name, style: 'text', colour: transport }, { text: rendition || '–', style: 'text' },
    { text: ip, style: 'text' }, { text: program(ua), style: 'text', title: ua },
    { text: milli(delay) }, { text: milli(delivery) }, { text: milli(buf) },
    { text: bitrate(kbps) }, { text: milli(rtt) },
    { text: stalls === undefined ? '–' : count(stalls), style: (stalls ?? 0) > 0 ? 'warn' : '' },
    { text: count(drops), style: drops > 0 ? 'warn' : '' }, { text: duration(now - since) },
  ];
}
