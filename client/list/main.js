// SPDX-License-Identifier: Apache-2.0
// The page that lists the streams of the server, each with a still and its state.

import { sleep, within } from '../shared/deadline.js';
import { listedStreams, wallAddress } from './listing.js';
import { Tile } from './tile.js';

/** The time between two requests for the list, and between two stills of a stream, ms. */
const LIST_INTERVAL = 3000, STILL_INTERVAL = 15000;

/** With more streams the server decodes the stills: a still is less work than a segment. */
const MOST_DECODED = 4;

const list = /** @type {HTMLElement} */ (document.getElementById('streams'));
const words = /** @type {HTMLElement} */ (document.getElementById('words'));
const wall = /** @type {HTMLAnchorElement} */ (document.getElementById('wall'));

/** The clock of the server minus that of this page, ms, to a second. */
let clockOffset = 0;
/** @type {Map<string, Tile>} */
const tiles = new Map();
/** @type {Set<Element>} the tiles in the window */
const visible = new Set();
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) visible.add(target);
    else visible.delete(target);
  }
});
const ending = new AbortController();
addEventListener('pagehide', () => ending.abort());
// A page that the browser has kept begins again.
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });

/** Loads the list, and adds, updates and removes its elements. */
async function updateList() {
  const streams = await within(2000, async (signal) => {
    const response = await fetch('streams.json', { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (date > 0) clockOffset = date - Date.now();
    return listedStreams(await response.json());
  }, ending.signal);
  for (const [name, tile] of tiles) {
    if (streams.some((stream) => stream.name === name)) continue;
    observer.unobserve(tile.element);
    visible.delete(tile.element);
    tile.element.remove();
    tiles.delete(name);
  }
  for (const stream of streams) {
    const known = tiles.get(stream.name);
    if (known) {
      known.update(stream);
      continue;
    }
    const tile = new Tile(stream);
    tiles.set(stream.name, tile);
    list.append(tile.element);
    observer.observe(tile.element);
  }
  wall.hidden = streams.length === 0;
  wall.href = wallAddress(streams);
  words.textContent = streams.length === 0 ? 'No streams' : '';
}

async function keepList() {
  while (!ending.signal.aborted) {
    if (!document.hidden) {
      await updateList().catch(() => { words.textContent = 'The server does not answer'; });
    }
    await sleep(LIST_INTERVAL, ending.signal);
  }
}

/** Draws one still after another, so that at most one decoder is in use, here or at the server. */
async function keepStills() {
  while (!ending.signal.aborted) {
    const now = performance.now();
    const due = [...tiles.values()]
      .filter(({ element, hasStills, drawnAt }) => (
        hasStills && visible.has(element) && now - drawnAt > STILL_INTERVAL))
      .sort((a, b) => a.drawnAt - b.drawnAt)[0];
    if (due && !document.hidden) {
      await due.draw(ending.signal, Date.now() + clockOffset, tiles.size > MOST_DECODED);
    } else {
      await sleep(200, ending.signal);
    }
  }
}

void keepList();
void keepStills();
