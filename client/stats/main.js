// SPDX-License-Identifier: Apache-2.0
// The page of statistics: reads /stats.json once a second.

import { within } from '../shared/deadline.js';
import { setText, showBadge } from '../shared/make.js';
import { connectTop, noteViewersPage } from '../shared/top.js';
import { History } from './document.js';
import { Overview } from './overview.js';
import { StreamView } from './stream-view.js';
import { duration } from './texts.js';
import { badgeOf, totalsOf } from './totals.js';
/** @typedef {import('./document.js').Statistics} Statistics */

/** The time between two requests, ms; and while the page is hidden. */
const INTERVAL = 1000, HIDDEN_INTERVAL = 10000;
/** The limit of a request, ms. */
const TIMEOUT = 5000;

/** @param {string} id @returns {HTMLElement} */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const total = find('total'), updated = find('updated'), state = find('state');
const watch = /** @type {HTMLAnchorElement} */ (find('watch'));
const history = new History(), overview = new Overview();
/** @type {StreamView | null} the view of one stream */
let view = null;
/** @type {Statistics | null} the latest response */
let latest = null;

/** The stream in the fragment of the address, else the only one; null for all. */
function chosen() {
  const { streams } = latest ?? { streams: [] };
  const hash = location.hash.slice(1);
  return streams.find(({ name }) => encodeURIComponent(name) === hash)
    ?? (streams.length === 1 ? streams[0] : null);
}

/** Shows all streams, or the one that the address names. */
function render() {
  if (!latest) return;
  const { streams, now } = latest, stream = chosen();
  if (stream && view?.name !== stream.name) view = new StreamView(stream.name);
  if (!stream) view = null;
  const element = view?.element ?? overview.element;
  if (!element.isConnected) find('streams').replaceChildren(element);
  const name = stream ? stream.label ?? stream.name : 'Viewers';
  setText(find('title'), name);
  document.title = `${stream ? `${name}, viewers` : name} – streamer`;
  find('back').hidden = !stream || streams.length === 1;
  state.hidden = watch.hidden = !stream;
  if (stream && view) {
    const [kind, word] = badgeOf(stream.state), { since } = stream;
    showBadge(state, kind, word, since === undefined ? '' : `for ${duration(now - since)}`);
    watch.href = `./${encodeURIComponent(stream.name)}/`;
    view.update(stream, history.of(stream.name), now);
  } else {
    overview.update(latest, history);
  }
  const count = totalsOf(streams).viewers;
  setText(total, `${count} ${count === 1 ? 'viewer' : 'viewers'} of ${streams.length} `
    + (streams.length === 1 ? 'stream' : 'streams'));
}

/** @param {Statistics} statistics */
function show(statistics) {
  history.add(statistics);
  latest = statistics;
  noteViewersPage(true);
  render();
  report(`Server clock ${new Date(statistics.now).toISOString().slice(11, 19)} UTC`, false);
}

/** @param {string} text @param {boolean} isFailure */
function report(text, isFailure) {
  setText(updated, text);
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
      if (response.status === 401 || response.status === 403) noteViewersPage(false);
      throw new Error((await response.text()).trim() || `status ${response.status}`);
    }));
  } catch (error) {
    const reason = error instanceof TypeError ? 'the server does not answer'
      : error instanceof Error ? error.message : String(error);
    report(`Not updated: ${reason}`, true);
  }
  setTimeout(update, document.hidden ? HIDDEN_INTERVAL : INTERVAL);
}

addEventListener('hashchange', render);
connectTop();
void update();
