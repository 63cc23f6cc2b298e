// SPDX-License-Identifier: Apache-2.0
// The page of statistics: reads /stats.json once a second.

import { within } from '../shared/deadline.js';
import { History } from './document.js';
import { StreamView } from './stream-view.js';
/** @typedef {import('./document.js').Statistics} Statistics */

/** The time between two requests, ms; and while the page is hidden. */
const INTERVAL = 1000, HIDDEN_INTERVAL = 10000;
/** The limit of a request, ms. */
const TIMEOUT = 5000;

const streams = /** @type {HTMLElement} */ (document.getElementById('streams'));
const total = /** @type {HTMLElement} */ (document.getElementById('total'));
const updated = /** @type {HTMLElement} */ (document.getElementById('updated'));
const history = new History();
/** @type {Map<string, StreamView>} */
const views = new Map();

/** @param {Statistics} statistics */
function show(statistics) {
  history.add(statistics);
  const names = new Set(statistics.streams.map(({ name }) => name));
  for (const [name, view] of views) {
    if (names.has(name)) continue;
    view.element.remove();
    views.delete(name);
  }
  let viewers = 0;
  for (const stream of statistics.streams) {
    let view = views.get(stream.name);
    if (!view) {
      view = new StreamView(stream.name);
      views.set(stream.name, view);
      streams.append(view.element);
    }
    view.update(stream, history.of(stream.name), statistics.now);
    viewers += stream.aggregate.viewers;
  }
  total.textContent = `${viewers} ${viewers === 1 ? 'viewer' : 'viewers'} of ${names.size} `
    + (names.size === 1 ? 'stream' : 'streams');
  report(`Server clock ${new Date(statistics.now).toISOString().slice(11, 19)} UTC`, false);
}

/** @param {string} text @param {boolean} isFailure */
function report(text, isFailure) {
  if (updated.textContent !== text) updated.textContent = text;
  updated.classList.toggle('bad', isFailure);
  updated.setAttribute('aria-live', isFailure ? 'polite' : 'off');
}

/** The address beside the page, without user and password. */
function address() {
  const url = new URL('stats.json', location.origin + location.pathname);
  url.searchParams.set('history', String(history.newest));
  return url.href;
}

async function update() {
  try {
    show(await within(TIMEOUT, async (signal) => {
      const response = await fetch(address(), { cache: 'no-store', signal });
      if (response.ok) return response.json();
      throw new Error((await response.text()).trim() || `status ${response.status}`);
    }));
  } catch (error) {
    const reason = error instanceof TypeError ? 'the server does not answer'
      : error instanceof Error ? error.message : String(error);
    report(`Not updated: ${reason}`, true);
  }
  setTimeout(update, document.hidden ? HIDDEN_INTERVAL : INTERVAL);
}

void update();
