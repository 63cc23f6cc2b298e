// SPDX-License-Identifier: Apache-2.0
// The part of the panel about the input, which administrators see.

import { apiLocation, inputReportOf } from './input-report.js';
/** @typedef {import('./input-report.js').InputReport} InputReport */

/** The interval between two requests, ms. */
const INTERVAL = 5000;
/** The name under which the tab keeps the admin token. */
const KEY = 'streamer-admin-token';

/**
 * Takes the admin token after `#admin=`, which no server gets, out of the address, and keeps it for
 * the tab.
 * @returns {string} empty for viewers
 */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('admin');
  try {
    if (given !== null) {
      history.replaceState(null, '', location.pathname + location.search);
      sessionStorage.setItem(KEY, given);
    }
    return given ?? sessionStorage.getItem(KEY) ?? '';
  } catch {
    return given ?? '';
  }
}

/** Shows unusual properties of the input while the panel is open. */
export class InputPanel {
  /** @param {HTMLElement} box with the elements of the plan and of the findings */
  constructor(box) {
    this.box = box;
    this.plan = /** @type {HTMLElement} */ (box.querySelector('#input-plan'));
    this.list = /** @type {HTMLElement} */ (box.querySelector('#input-findings'));
    this.token = takeToken();
    this.askedAt = -Infinity;
    addEventListener('hashchange', () => {
      this.token = takeToken();
      this.askedAt = -Infinity;
    });
  }

  /** Asks for the report if it is due. */
  update() {
    const now = performance.now();
    if (this.token === '' || now - this.askedAt < INTERVAL) return;
    // The stream may be that of another server.
    if (new URL(location.href).searchParams.has('src')) return;
    this.askedAt = now;
    void this.ask();
  }

  async ask() {
    const headers = { Authorization: `Bearer ${this.token}` };
    try {
      const response = await fetch(apiLocation(location.href), { headers, cache: 'no-store' });
      if (response.status === 401 || response.status === 403) {
        this.forgetToken();
        this.say('The admin token is refused: open this address with another #admin=', []);
        return;
      }
      if (!response.ok) return;
      const found = await response.json();
      this.show(inputReportOf(Array.isArray(found) ? found[0] : found));
    } catch {
      // The player says that the server does not answer.
    }
  }

  forgetToken() {
    this.token = '';
    try {
      sessionStorage.removeItem(KEY);
    } catch {
      // Nothing is kept where nothing can be.
    }
  }

  /** @param {InputReport | null} report */
  show(report) {
    this.box.hidden = report === null;
    if (!report) return;
    const { plan, state, findings } = report;
    const rows = findings.map(({ measured, consequence, advice }) => ({
      title: measured, words: advice === '' ? consequence : `${consequence} (${advice})`,
    }));
    const words = [plan, state].filter((part) => part !== '').join('. ');
    this.say(words, rows.length > 0 ? rows : [{ title: 'Nothing unusual', words: '' }]);
  }

  /** @param {string} plan @param {{ title: string, words: string }[]} rows */
  say(plan, rows) {
    this.box.hidden = false;
    if (this.plan.textContent !== plan) this.plan.textContent = plan;
    const text = JSON.stringify(rows);
    if (this.list.dataset.rows === text) return;
    this.list.dataset.rows = text;
    this.list.replaceChildren(...rows.map(({ title, words }) => {
      const row = document.createElement('li'), name = document.createElement('b');
      name.textContent = title;
      row.append(name, words === '' ? '' : `: ${words}`);
      return row;
    }));
  }
}
