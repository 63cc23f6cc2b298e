// SPDX-License-Identifier: Apache-2.0
// The card of measured values.

import { quantile } from '../shared/statistics.js';
import { connectCopy } from './copy.js';
import { icon, iconButton, make, makeSVG, setText } from './make.js';

const NAMES = [
  'Player latency', 'Target', 'Buffer', 'Rate', 'Picture', 'Frames per second', 'Dropped', 'Stalls',
  'Clock to server', 'Live edge age', 'Capture → available', 'Server clock', 'Format',
  'Wall clock (UTC)', 'Burned clock (UTC)', 'Wall − burned',
];

/** The colours of the parts, in their order. */
const COLOURS = ['k1', 'k4', 'k5'];
/** The time that the curve shows, ms, and its size in the units of the SVG. */
const SPAN = 30000, WIDTH = 160, HEIGHT = 39;

/** The elements that show values. */
export class Panel {
  /** @param {() => void} onClose @param {() => string} head of the text that is copied */
  constructor(onClose, head) {
    this.list = make('dl', { id: 'figures' });
    this.total = make('div', { id: 'glass' }, '–');
    this.spread = make('div', { id: 'spread' });
    this.line = makeSVG('path', { id: 'sparkline', d: '' });
    const spark = makeSVG('svg', {
      id: 'spark', viewBox: '0 0 160 42', preserveAspectRatio: 'none', 'aria-hidden': 'true',
    }, makeSVG('line', { x1: '0', y1: '41.5', x2: '160', y2: '41.5' }), this.line);
    this.parts = make('div', { class: 'stack' });
    this.said = make('p', { class: 'sr', role: 'status' });
    const copy = make('button', { class: 'btn solid' }, icon('copy'), 'Copy all');
    connectCopy(copy, () => `${head()}\n${this.text}`, (said) => setText(this.said, said));
    this.input = make('div', { id: 'input', hidden: true },
      make('h2', {}, 'Input: ', make('span', { id: 'input-plan' })),
      make('ul', { id: 'input-findings' }));
    this.how = make('span', { class: 'tiny quiet grow' });
    this.element = make('section', { id: 'panel', class: 'figures', 'aria-label': 'Figures' },
      make('header', {}, make('h2', {}, 'Lens to screen'),
        iconButton('x', 'Close the figures (I)', onClose)),
      this.total, this.parts, spark, this.spread, this.list, this.input, this.said,
      make('div', { class: 'row wrap' }, this.how, copy));
    this.element.hidden = true;
    /** @type {Map<string, HTMLElement>} */
    this.values = new Map();
    for (const name of NAMES) this.figure(name, '–');
    /** @type {[number, number][]} [time, glass to glass] of the last 30 s, ms */
    this.recent = [];
    this.drawnAt = 0;
    this.reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  }

  /** All values as lines, for a bug report. */
  get text() {
    return [`Lens to screen: ${this.total.textContent}`, this.spread.textContent ?? '',
      ...[...this.values].map(([name, value]) => `${name}: ${value.textContent}`)].join('\n');
  }

  /** @param {string} name @param {string} text @param {boolean} [isWarning] */
  figure(name, text, isWarning = false) {
    let value = this.values.get(name);
    if (!value) {
      value = make('dd');
      this.list.append(make('div', {}, make('dt', {}, name), value));
      this.values.set(name, value);
    }
    setText(value, text);
    value.classList.toggle('off', isWarning);
  }

  /**
   * Where the time goes; without all three parts nothing is shown.
   * @param {[string, number][]} parts names and ms
   */
  path(parts) {
    const total = parts.reduce((sum, [, ms]) => sum + ms, 0);
    this.parts.hidden = parts.length === 0 || total <= 0;
    if (this.parts.hidden) return;
    let at = 0;
    const bars = parts.map(([, ms], i) => {
      const bar = makeSVG('rect', {
        x: String(at), width: String(ms), height: '14', class: COLOURS[i],
        fill: 'currentColor',
      });
      at += ms;
      return bar;
    });
    const words = parts.map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(', ');
    this.parts.replaceChildren(
      makeSVG('svg', {
        class: 'path', viewBox: `0 0 ${total} 14`, preserveAspectRatio: 'none', role: 'img',
        'aria-label': `Where the time goes: ${words}`,
      }, ...bars),
      make('ul', { class: 'parts' }, ...parts.map(([name, ms], i) => make(
        'li', { class: COLOURS[i] }, make('span', {}, name),
        make('b', {}, `${Math.round(ms)} ms`)))));
  }

  /** @param {number | null} ms */
  glassToGlass(ms) {
    const now = performance.now(), digits = ms === null ? '–' : `${Math.round(ms)}`;
    if (this.total.firstChild?.textContent !== digits) {
      this.total.replaceChildren(digits, make('small', {}, ms === null ? '' : ' ms'));
    }
    if (ms !== null) this.recent.push([now, ms]);
    while (this.recent.length > 0 && this.recent[0][0] < now - SPAN) this.recent.shift();
    if (now - this.drawnAt < (this.reducedMotion.matches ? 2000 : 240)) return;
    this.drawnAt = now;
    this.draw(now);
  }

  /**
   * Draws the curve of the last 30 s and writes its quantiles.
   * @param {number} now
   */
  draw(now) {
    const values = this.recent.map(([, value]) => value);
    const top = Math.max(200, quantile(values, 0.98) * 1.15 || 0);
    const points = this.recent.map(([time, value]) => {
      const x = WIDTH - (now - time) / SPAN * WIDTH;
      const y = HEIGHT + 2 - Math.min(1, Math.max(0, value / top)) * HEIGHT;
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    this.line.setAttribute('d', points.length > 1 ? `M${points.join('L')}` : '');
    setText(this.spread, spreadText(values));
  }
}

/** @param {number[]} values ms */
function spreadText(values) {
  if (values.length === 0) return 'No burned clock in the video';
  const [min, median, p95] = [0, 0.5, 0.95].map((q) => Math.round(quantile(values, q)));
  const max = Math.round(Math.max(...values));
  return `Last 30 s: ${min} / ${median} / ${p95} / ${max} ms (min / median / p95 / max)`;
}
