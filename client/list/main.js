// SPDX-License-Identifier: Apache-2.0
// The page that lists the streams of the server, each with a still and its state.

import { connectCopies } from '../shared/copy.js';
import { secondOf } from '../shared/day-time.js';
import { sleep, within } from '../shared/deadline.js';
import { setText } from '../shared/make.js';
import { connectTop } from '../shared/top.js';
import { Card } from './card.js';
import { listedStreams, wallAddress } from './listing.js';
import {
  chosenOf, isFound, LEAST_FOR_SEARCH, MOST_LARGE, summaryText, troubleText,
} from './summary.js';
/** @typedef {import('./listing.js').ListedStream} ListedStream */

/** The time between two requests for the list, ms. */
const LIST_INTERVAL = 3000;
/** The widths of stills of large and small cards. */
const LARGE = 480, SMALL = 320;

/** @param {string} id @returns {HTMLElement} */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const list = find('streams'), wall = /** @type {HTMLAnchorElement} */ (find('wall'));
const query = /** @type {HTMLInputElement} */ (find('query'));
const choices = /** @type {HTMLElement[]} */ ([...find('choices').children]);

/** The clock of the server minus that of this page, ms, to a second. */
let clockOffset = 0;
/** The time of the last list, Unix ms of the server; 0 before the first one. */
let listedAt = 0;
/** Whether the server answered the last request. */
let isAnswering = true;
/** The time of the next request while the server does not answer, of performance.now(). */
let nextAt = 0;
/** @type {import('./summary.js').Choice} */
let choice = 'all';
/** @type {ListedStream[]} */
let streams = [];
/** @type {Map<string, Card>} */
const cards = new Map();
/** @type {Set<Element>} the cards in the window */
const visible = new Set();
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) visible.add(target);
    else visible.delete(target);
  }
});
const ending = new AbortController();
/** Ends the wait for the next request. */
let hurry = new AbortController();
addEventListener('pagehide', () => {
  ending.abort();
  hurry.abort();
});
// A page that the browser has kept begins again.
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });

const serverNow = () => Date.now() + clockOffset;

/**
 * Adds, updates and removes the cards.
 * @param {ListedStream[]} found
 */
function showList(found) {
  streams = found;
  const now = serverNow(), names = new Set(found.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    observer.unobserve(card.element);
    visible.delete(card.element);
    card.element.remove();
    cards.delete(name);
  }
  for (const stream of found) {
    const known = cards.get(stream.name);
    if (known) {
      known.update(stream, now);
      continue;
    }
    const card = new Card(stream, now);
    cards.set(stream.name, card);
    list.append(card.element);
    observer.observe(card.element);
  }
  showAll();
}

/** Shows the cards of the choice, and the words of the page. */
function showAll() {
  const count = streams.length, isSearched = count >= LEAST_FOR_SEARCH;
  const chosen = chosenOf(streams), now = serverNow();
  find('main').classList.toggle('narrow', count < 2);
  list.classList.toggle('one', count === 1);
  list.classList.toggle('dense', count > MOST_LARGE);
  find('search').hidden = find('choices').hidden = !isSearched;
  if (!isSearched) choice = 'all';
  for (const button of choices) {
    const name = /** @type {import('./summary.js').Choice} */ (button.dataset.choice);
    button.setAttribute('aria-pressed', String(name === choice));
    setText(button, `${name[0].toUpperCase()}${name.slice(1)} ${chosen[name].length}`);
  }
  const words = isSearched ? query.value.trim() : '';
  const shown = new Set(chosen[choice].filter((stream) => isFound(stream, words))
    .map(({ name }) => name));
  for (const [name, { element }] of cards) element.hidden = !shown.has(name);
  find('none').hidden = shown.size > 0 || count === 0;
  setText(find('none-text'), words !== '' ? `No stream is called “${words}”.`
    : choice === 'live' ? 'No stream is live now.' : 'No stream is in trouble.');
  const { trouble } = chosen, isTold = count > MOST_LARGE && trouble.length > 0;
  find('trouble').hidden = !isTold || choice === 'trouble' || !isAnswering;
  if (isTold) {
    const { fact, names } = troubleText(trouble, now);
    setText(find('trouble-fact'), fact);
    setText(find('trouble-names'), names);
  }
  find('head').hidden = find('wall').hidden = listedAt > 0 && count === 0;
  find('empty').hidden = listedAt === 0 || count > 0;
  wall.href = wallAddress(streams);
  const lost = trouble.length > 0 ? `, ${trouble.length} lost` : '';
  document.title = `Streams${isAnswering ? lost : ', no server'} – streamer`;
  if (listedAt > 0) setText(find('words'), isAnswering ? summaryText(streams) : '');
}

async function updateList() {
  const found = await within(2000, async (signal) => {
    const response = await fetch('streams.json', { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const date = Date.parse(response.headers.get('date') ?? '');
    if (date > 0) clockOffset = date - Date.now();
    return listedStreams(await response.json());
  }, ending.signal);
  isAnswering = true;
  listedAt = serverNow();
  find('gone').hidden = true;
  showList(found);
}

/** While the server does not answer, no badge says that a picture is live. */
function lose() {
  if (ending.signal.aborted) return;
  isAnswering = false;
  find('gone').hidden = false;
  setText(find('words'), '');
  const now = serverNow();
  streams = streams.map((stream) => ({ ...stream, state: 'gone', outage: null }));
  for (const stream of streams) cards.get(stream.name)?.update(stream, now);
  showAll();
}

async function keepList() {
  while (!ending.signal.aborted) {
    if (!document.hidden) await updateList().catch(lose);
    nextAt = performance.now() + LIST_INTERVAL;
    hurry = new AbortController();
    await sleep(LIST_INTERVAL, hurry.signal);
  }
}

/** Draws one still after another, so that the server decodes one at a time for this page. */
async function keepStills() {
  while (!ending.signal.aborted) {
    const now = performance.now();
    const due = document.hidden ? undefined : [...cards.values()]
      .filter((card) => visible.has(card.element) && card.wantsStill(now))
      .sort((a, b) => a.askedAt - b.askedAt)[0];
    if (due) await due.draw(ending.signal, serverNow(), cards.size > MOST_LARGE ? SMALL : LARGE);
    else await sleep(200, ending.signal);
  }
}

/** The words that count seconds. */
function tick() {
  const now = serverNow();
  for (const card of cards.values()) card.refresh(now);
  if (isAnswering) return;
  const left = Math.ceil((nextAt - performance.now()) / 1000);
  const last = listedAt > 0 ? `Last list at ${secondOf(listedAt)}. ` : '';
  setText(find('gone-text'), `${last}${left > 0 ? `Next try in ${left} s.` : 'Trying now.'}`);
}

/** @param {import('./summary.js').Choice} chosen */
function choose(chosen) {
  choice = chosen;
  showAll();
}

for (const button of choices) {
  button.addEventListener('click', () => {
    choose(/** @type {import('./summary.js').Choice} */ (button.dataset.choice));
  });
}
query.addEventListener('input', showAll);
find('trouble-show').addEventListener('click', () => {
  choose('trouble');
  choices[2].focus();
});
find('none-all').addEventListener('click', () => {
  query.value = '';
  choose('all');
  query.focus();
});
find('again').addEventListener('click', () => hurry.abort());
connectTop();
connectCopies(find('copied'));
const known = listedStreams(JSON.parse(find('known').textContent || '[]'));
if (known.length > 0) {
  listedAt = serverNow();
  showList(known);
}
setInterval(tick, 1000);
void keepList();
void keepStills();
