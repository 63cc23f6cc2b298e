// SPDX-License-Identifier: Apache-2.0
// The panel of measured values.

import { quantile } from '../shared/statistics.js';
import { element } from '../stage/dom.js';

const NAMES = [
  'Wall clock (UTC)', 'Burned clock (UTC)', 'Wall − burned', 'Player latency', 'Target', 'Buffer',
  'Rate', 'Frames per second', 'Stalls', 'Live edge age', 'Capture → available', 'Server clock',
  'Clock to server', 'Format',
];

/** The time that the curve shows, ms, and its size in the units of the SVG. */
const SPAN = 30000, WIDTH = 160, HEIGHT = 39;

/** The elements that show values. */
export class Panel {
  constructor() {
    this.list = element('figures', HTMLDListElement);
    /** @type {Map<string, HTMLElement>} */
    this.values = new Map();
    for (const name of NAMES) this.figure(name, '–');
    /** @type {[number, number][]} [time, glass to glass] of the last 30 s, ms */
    this.recent = [];
    this.drawnAt = 0;
    this.reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  }

  get isShown() { return !element('panel', HTMLElement).hidden; }

  /** @param {string} name @param {string} text @param {boolean} [isWarning] */
  figure(name, text, isWarning = false) {
    let value = this.values.get(name);
    if (!value) {
      const row = document.createElement('div'), term = document.createElement('dt');
      value = document.createElement('dd');
      term.textContent = name;
      row.append(term, value);
      this.list.append(row);
      this.values.set(name, value);
    }
    if (value.textContent !== text) value.textContent = text;
    value.classList.toggle('warn', isWarning);
  }

  /** @param {number | null} ms */
  glassToGlass(ms) {
    const value = element('glass', HTMLDivElement), now = performance.now();
    const digits = ms === null ? '–' : `${Math.round(ms)}`;
    if (value.firstChild?.textContent !== digits) {
      const unit = document.createElement('small');
      unit.textContent = ms === null ? '' : ' ms';
      value.replaceChildren(digits, unit);
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
    const path = points.length > 1 ? `M${points.join('L')}` : '';
    document.getElementById('sparkline')?.setAttribute('d', path);
    element('spread', HTMLDivElement).textContent = spreadText(values);
  }
}

/** @param {number[]} values ms */
function spreadText(values) {
  if (values.length === 0) return 'No burned clock in the video';
  const [min, median, p95] = [0, 0.5, 0.95].map((q) => Math.round(quantile(values, q)));
  const max = Math.round(Math.max(...values));
  return `Last 30 s: ${min} / ${median} / ${p95} / ${max} ms (min / median / p95 / max)`;
}
