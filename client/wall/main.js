// SPDX-License-Identifier: Apache-2.0
// The page of several streams, which shows the same instant of all.

import { sentenceOf } from '../shared/sentence.js';
import { columnsFor, groupText, wallOf } from './layout.js';
import { instantsText, WallPast } from './past.js';
/** @typedef {import('../live-player').LivePlayer} LivePlayer */

const UPDATE_INTERVAL = 1000;

const wall = wallOf(location.href);
const group = wall.sync ?? `wall-${Math.random().toString(36).slice(2, 10)}`;
/** The words before the first figures; they are in wall.html too. */
const CONNECTING = 'Connecting';
const grid = /** @type {HTMLElement} */ (document.getElementById('grid'));
const words = /** @type {HTMLElement} */ (document.getElementById('words'));
const usage = /** @type {HTMLElement} */ (document.getElementById('usage'));
const problem = /** @type {HTMLElement} */ (document.getElementById('problem'));

const players = wall.streams.map(({ name, src }) => {
  const figure = document.createElement('figure'), caption = document.createElement('figcaption');
  const player = /** @type {LivePlayer} */ (document.createElement('live-player'));
  const attributes = { ...wall.attributes, src, sync: group, muted: '', controls: '' };
  for (const [key, value] of Object.entries(attributes)) player.setAttribute(key, value);
  player.setAttribute('aria-label', name);
  caption.textContent = name;
  figure.append(player, caption);
  grid.append(figure);
  return player;
});

const past = new WallPast(players);
const bar = /** @type {HTMLElement} */ (document.getElementById('past'));

// One key moves all players: each has the same keys for itself.
addEventListener('keydown', (event) => {
  const { keys } = past, isOther = event.ctrlKey || event.metaKey || event.altKey;
  if (isOther || bar.hidden || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
}, true);
for (const button of bar.querySelectorAll('button')) {
  button.addEventListener('click', () => past.keys[button.dataset.key ?? '']?.());
}

/** Offers the past if the first stream has an archive. */
async function offerPast() {
  const first = wall.streams[0]?.src;
  if (!first || /^https?:/.test(first)) return;
  const response = await fetch(`${first}dvr.json`);
  bar.hidden = !response.ok || (await response.json()).archive !== true;
  if (wall.at === null || bar.hidden) return;
  await past.untilReady();
  await past.seek(wall.at);
}

/** Fits the players into the window. */
function arrange() {
  const { clientWidth, clientHeight } = grid;
  const columns = columnsFor(players.length, clientWidth, clientHeight);
  grid.style.setProperty('--columns', String(columns));
  grid.style.setProperty('--rows', String(Math.ceil(players.length / columns)));
}

/** Says how far the players are apart; the first such words are announced. */
function update() {
  const all = players.map((player) => player.statistics);
  const text = past.isPast ? instantsText(past.instants) : groupText(
    all.map((statistics) => statistics?.syncOffset ?? null),
    Math.max(0, ...all.map((statistics) => statistics?.target ?? 0)));
  if (words.textContent === text) return;
  if (words.textContent !== CONNECTING) words.setAttribute('aria-live', 'off');
  words.textContent = text;
}

usage.hidden = players.length > 0;
words.hidden = players.length === 0;
problem.hidden = wall.problems.length === 0;
problem.textContent = wall.problems.map(sentenceOf).join('. ');
addEventListener('resize', arrange);
arrange();
if (players.length > 0) {
  setInterval(update, UPDATE_INTERVAL);
  offerPast().catch(() => {});
}
