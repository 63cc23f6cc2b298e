// SPDX-License-Identifier: Apache-2.0
// The page of several streams, which shows the same instant of all.

import '../player/main.js';
import { make, setText, showBadge } from '../shared/make.js';
import { sentenceOf } from '../shared/sentence.js';
import { followTheme } from '../shared/theme.js';
import { BoardInput } from './board-input.js';
import { Board } from './board.js';
import { addressOf, groupWords, LAYOUTS, streamOf, wallOf } from './layout.js';
import { choosableOf, loadStreams } from './listed.js';
import { clockWords, instantsWords, WallPast } from './past.js';
import { Picker } from './picker.js';
import { TimeOffer } from './time-offer.js';

const UPDATE_INTERVAL = 1000;
/** While a stream has no picture, the server is asked for the reason in this interval, ms. */
const LIST_INTERVAL = 5000;
/** With "next page" switched on, a page is shown for this time, ms. */
const CYCLE_INTERVAL = 15000;

const wall = wallOf(location.href);
const group = wall.sync ?? `wall-${Math.random().toString(36).slice(2, 10)}`;
/** @param {string} id @returns {HTMLElement} */
const find = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const words = find('words'), bar = find('together'), problem = find('problem');
const layout = /** @type {HTMLSelectElement} */ (find('layout'));
const board = new Board(find('grid'), { ...wall.attributes, sync: group }, () => show(),
  () => void choose());
const input = new BoardInput(board);
const past = new WallPast(() => board.players);
const offer = new TimeOffer(bar, board, past);
const picker = new Picker((chosen) => {
  board.setStreams(chosen.map(streamOf));
  keepAddress();
  void label();
});
let cycles = wall.cycles, isAnnounced = false, cycleTimer = 0, labelledAt = 0;
/** The clock of the server minus that of this page, ms. */
let clockOffset = 0;
/** What was said last about streams without a picture. */
let said = '';
/** Whether the instant of the address was gone to. */
let hasBegun = wall.at === null;

/** Writes the wall into the address, so that a bookmark opens the same one. */
function keepAddress() {
  const streams = board.tiles.map(({ stream }) => stream.word);
  history.replaceState(null, '', addressOf(location.href, streams, board.layout, cycles));
}

/** Shows names for people, and the states that the server lists. */
async function label() {
  labelledAt = performance.now();
  const { streams, clockOffset: offset } = await loadStreams();
  const listed = new Map(streams.map((stream) => [stream.name, stream]));
  clockOffset = offset;
  for (const tile of board.tiles) {
    tile.listed = listed.get(tile.stream.word) ?? null;
    if (tile.listed) tile.label(tile.listed.label);
  }
  show();
}

/** Reads aloud which streams have no picture now; a time that counts down is no part of it. */
function tellAway() {
  const away = board.shown.filter((tile) => tile.said !== '');
  const text = away.map((tile) => `${tile.name.textContent}: ${tile.said}`).join(' ');
  if (text !== said) setText(find('said'), text);
  said = text;
}

/** Begins at the instant of the address. */
async function begin() {
  hasBegun = true;
  await past.untilReady();
  await past.seek(wall.at);
}

/** @param {HTMLElement} button @param {boolean} isPressed */
const press = (button, isPressed) => button.setAttribute('aria-pressed', String(isPressed));

/** Shows the buttons that have an effect now. */
function show() {
  const { pages, heard } = board;
  find('usage').hidden = board.tiles.length > 0;
  words.hidden = board.tiles.length === 0;
  for (const button of find('layouts').children) {
    press(/** @type {HTMLElement} */ (button), button.getAttribute('value') === board.layout);
  }
  layout.value = board.layout;
  find('next').hidden = find('cycle').hidden = pages < 2;
  find('next').title = `Page ${board.page + 1} of ${pages}, next page (Page Down)`;
  press(find('cycle'), cycles);
  find('heard').hidden = heard === null;
  setText(find('heard-name'), heard?.name.textContent ?? '');
  clearInterval(cycleTimer);
  if (cycles && pages > 1) cycleTimer = window.setInterval(() => board.nextPage(), CYCLE_INTERVAL);
}

/** Says how far the players are apart; the first such words are announced. */
function update() {
  const { players, shown } = board;
  for (const tile of shown) tile.update(Date.now() + clockOffset);
  tellAway();
  const isAway = shown.some(({ element }) => element.classList.contains('away'));
  if (isAway && performance.now() - labelledAt > LIST_INTERVAL) void label();
  const all = players.map((player) => player.statistics);
  const { kind, word, figure } = past.isPast ? instantsWords(past.instants) : groupWords(
    all.map((statistics) => statistics?.syncOffset ?? null),
    Math.max(0, ...all.map((statistics) => statistics?.target ?? 0)));
  if (isAnnounced) words.setAttribute('aria-live', 'off');
  isAnnounced ||= word !== 'Connecting';
  showBadge(words, kind, word, figure);
  offer.update();
  if (!hasBegun && offer.isOffered) void begin();
  const { clock } = clockWords(past.at, past.isPast, past.isPaused, Date.now());
  document.title = `Wall, ${past.isPast ? clock : word.toLowerCase()} – streamer`;
  find('play-icon').setAttribute('href', past.isPaused ? '#i-play' : '#i-pause');
}

/** @param {boolean} isOn */
function edit(isOn) {
  input.isEditing = isOn;
  document.body.classList.toggle('editing', isOn);
  find('edit-note').hidden = !isOn;
  press(find('edit'), isOn);
  if (!isOn) return;
  board.showOnly(null);
  board.tiles[0]?.element.focus();
}

async function choose() {
  const { streams } = await loadStreams();
  picker.open(streams.map(choosableOf), board.tiles.map((tile) => tile.stream.word));
}

function toggleFull() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.();
}

/** Ends what was opened last. */
function escape() {
  const menu = board.tiles.find((tile) => !tile.menu.hidden);
  if (menu) menu.showMenu(false);
  else if (input.isEditing) edit(false);
  else if (board.only) board.showOnly(null);
}

/** The sound of the tile with the focus, else of the heard or the first one. */
function toggleSound() {
  const tile = board.tileAt(document.activeElement) ?? board.heard ?? board.shown[0] ?? null;
  board.hear(tile === board.heard ? null : tile);
}

const SLIDER_KEYS = new Set([
  'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End',
]);

/** @type {Record<string, () => void>} */
const KEYS = {
  f: toggleFull, m: toggleSound, Escape: escape, PageDown: () => board.nextPage(),
  PageUp: () => board.nextPage(-1),
};

// One key moves all players: each has the same keys for itself.
addEventListener('keydown', (event) => {
  const { ctrlKey, metaKey, altKey, key } = event, target = /** @type {Element} */ (event.target);
  if (ctrlKey || metaKey || altKey || picker.dialog.open || target.closest('input, select')) return;
  // The slider has keys of its own, and so has the calendar.
  if (target.closest('[role=slider]') && SLIDER_KEYS.has(key)) return;
  if (target.closest('#together .menu')) return;
  const isOnTile = board.tiles.some(({ element }) => element === target);
  // The arrow keys of a tile move the focus; a space on a button presses it.
  if (isOnTile && key.startsWith('Arrow')) return;
  const isSpace = key === ' ' && !target.closest('button, a');
  const action = KEYS[key] ?? offer.keys[isSpace ? 'k' : key];
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
  update();
}, true);
for (const button of bar.querySelectorAll('button')) {
  button.addEventListener('click', () => {
    past.keys[button.dataset.key ?? '']?.();
    update();
  });
}
for (const [value, { name }] of Object.entries(LAYOUTS)) {
  const button = make('button', '', name);
  button.type = 'button';
  button.setAttribute('value', value);
  button.addEventListener('click', () => {
    board.setLayout(value);
    keepAddress();
  });
  find('layouts').append(button);
  layout.add(new Option(name, value));
}
layout.addEventListener('change', () => {
  board.setLayout(layout.value);
  keepAddress();
});
find('next').addEventListener('click', () => board.nextPage());
find('cycle').addEventListener('click', () => {
  cycles = !cycles;
  keepAddress();
  show();
});
find('edit').addEventListener('click', () => {
  if (board.tiles.length === 0) void choose();
  else {
    if (input.isEditing) keepAddress();
    edit(!input.isEditing);
  }
});
for (const id of ['choose', 'choose-first']) {
  find(id).addEventListener('click', () => {
    edit(false);
    keepAddress();
    void choose();
  });
}
find('full').addEventListener('click', toggleFull);
find('full').hidden = !document.fullscreenEnabled;
problem.hidden = wall.problems.length === 0;
problem.textContent = wall.problems.map(sentenceOf).join('. ');
addEventListener('resize', () => board.arrange());
followTheme();
board.layout = wall.layout;
board.setStreams(wall.streams);
setInterval(update, UPDATE_INTERVAL);
if (board.tiles.length > 0) void label();
