// SPDX-License-Identifier: Apache-2.0
import { quantile } from './statistics.js';

/** @template {HTMLElement} T @param {string} id @param {{ new (): T }} kind @returns {T} */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no #${id}`);
  return found;
}

/** @param {number | null | undefined} ms */
export const milliseconds = (ms) => (ms === null || ms === undefined || !Number.isFinite(ms) ? '–' : `${Math.round(ms)} ms`);

/** @param {number | null} ms Unix */
export const timeOfDay = (ms) => (ms === null ? '–' : new Date(ms).toISOString().slice(11, 23));

export const FIGURES = ['Wall clock (UTC)', 'Burned clock (UTC)', 'Wall − burned', 'Player latency', 'Target', 'Buffer', 'Rate',
  'Frames per second', 'Stalls', 'Live edge age', 'Capture → available', 'Server clock', 'Clock to server', 'Format'];

/** The figures over the picture. */
export class Panel {
  constructor() {
    this.list = element('figures', HTMLDListElement);
    /** @type {Map<string, HTMLElement>} */
    this.values = new Map();
    /** @type {Map<string, HTMLElement>} */
    this.messages = new Map();
    for (const name of FIGURES) this.figure(name, '–');
    /** @type {[number, number][]} [when, ms] of the last 30 s */
    this.history = [];
    this.drawnAt = 0;
    this.calm = matchMedia('(prefers-reduced-motion: reduce)');
  }

  /** @param {string} name @param {string} value @param {boolean} [warn] */
  figure(name, value, warn = false) {
    let place = this.values.get(name);
    if (!place) {
      const row = document.createElement('div'), term = document.createElement('dt');
      place = document.createElement('dd');
      term.textContent = name;
      row.append(term, place);
      this.list.append(row);
      this.values.set(name, place);
    }
    if (place.textContent !== value) place.textContent = value;
    place.classList.toggle('warn', warn);
  }

  /**
   * Shows a line under this key; no text takes it away.
   * @param {string} key @param {string} [text] @param {string} [kind]
   */
  message(key, text, kind = '') {
    let line = this.messages.get(key);
    if (!text) {
      line?.remove();
      this.messages.delete(key);
      return;
    }
    if (!line) {
      line = document.createElement('p');
      this.messages.set(key, line);
      element('messages', HTMLDivElement).append(line);
    }
    line.className = kind;
    if (line.textContent !== text) line.textContent = text;
  }

  /** @param {string} kind @param {string} text */
  state(kind, text) {
    element('dot', HTMLSpanElement).className = kind;
    element('state', HTMLSpanElement).textContent = text;
  }

  /** @param {number | null} ms */
  glass(ms) {
    const place = element('glass', HTMLDivElement), now = performance.now();
    const digits = ms === null ? '–' : `${Math.round(ms)}`;
    if (place.firstChild?.textContent !== digits) {
      const unit = document.createElement('small');
      unit.textContent = ms === null ? '' : ' ms';
      place.replaceChildren(digits, unit);
    }
    if (ms !== null) this.history.push([now, ms]);
    while (this.history.length > 0 && this.history[0][0] < now - 30000) this.history.shift();
    if (now - this.drawnAt < (this.calm.matches ? 2000 : 240)) return;
    this.drawnAt = now;
    const values = this.history.map(([, value]) => value);
    const top = Math.max(200, quantile(values, 0.98) * 1.15 || 0);
    const points = this.history.map(([when, value]) => {
      const x = 160 - (now - when) / 30000 * 160, y = 41 - Math.min(1, Math.max(0, value / top)) * 39;
      return `${x.toFixed(1)} ${y.toFixed(1)}`;
    });
    document.getElementById('sparkline')?.setAttribute('d', points.length > 1 ? `M${points.join('L')}` : '');
    element('spread', HTMLDivElement).textContent = values.length === 0 ? 'No burned clock in the picture'
      : `Last 30 s: ${[0, 0.5, 0.95].map((q) => Math.round(quantile(values, q))).join(' / ')} / ${Math.round(Math.max(...values))} ms`
        + ' (min / median / p95 / max)';
  }
}
