// SPDX-License-Identifier: Apache-2.0
// The calendar of the past: which days are kept, and a time to go to.

import { clockText } from '../stage/time-scale.js';
import { iconButton, make, makeSVG } from './make.js';
/** @typedef {import('../engine/server/past-extent.js').PastExtent} PastExtent */
/** @typedef {import('../stage/time-bar.js').TimeSource} TimeSource */
/** @typedef {import('../stage/time-bar.js').TimeBar} TimeBar */

/**
 * The times of one stream, or those of all streams of the wall.
 * @typedef {{ playback: TimeSource, past: { past: { bar: TimeBar } | null } | null }} Times
 */

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
  'September', 'October', 'November', 'December'];
const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
/**
 * The lengths of the time bar, s; the last one is all.
 * @type {[string, number | null][]}
 */
const SPANS = [['10 min', 600], ['1 h', 3600], ['10 h', 36000], ['Day', 86400], ['All', null]];

/**
 * The media of a local day, s.
 * @param {Pick<PastExtent, 'from' | 'mediaBetween'>} extent @param {Date} day its midnight
 * @param {number} now Unix s, the end of the recording
 */
export function keptOf({ from, mediaBetween }, day, now) {
  const next = new Date(day);
  next.setDate(next.getDate() + 1);
  const start = Math.max(from ?? Infinity, day.getTime() / 1000);
  const end = Math.min(now, next.getTime() / 1000);
  return end > start ? Math.max(0, mediaBetween(start, end)) : 0;
}

/**
 * The days of a month in rows that begin with Monday; null before the first one.
 * @param {Date} month
 */
export function daysOf(month) {
  const first = new Date(month.getFullYear(), month.getMonth(), 1);
  const before = (first.getDay() + 6) % 7, days = [];
  for (let i = 0; i < before; i += 1) days.push(null);
  for (const day = first; day.getMonth() === month.getMonth(); day.setDate(day.getDate() + 1)) {
    days.push(new Date(day));
  }
  return days;
}

/**
 * The instant of a time of a day; null for another text.
 * @param {string} text such as 15:22 or 15:22:08 @param {Date} day
 */
export function instantAt(text, day) {
  const found = /^\s*([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.]([0-5]\d)(\.\d{1,3})?)?\s*$/.exec(text);
  if (!found) return null;
  const [hours, minutes, seconds] = found.slice(1, 4).map((part) => Number(part ?? 0));
  const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hours, minutes, seconds);
  return at.getTime() / 1000 + Number(found[4] ?? 0);
}

/** @param {number} seconds as `9 h 36 min` */
export function hoursText(seconds) {
  const minutes = Math.round(seconds / 60), hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}

/** The content of the menu. */
export class Calendar {
  /** @param {Times} stage @param {() => void} onDone a time was gone to */
  constructor(stage, onDone) {
    this.stage = stage;
    this.onDone = onDone;
    this.day = new Date();
    this.month = new Date();
    this.label = make('strong', { class: 'grow center' });
    this.grid = make('div', { class: 'cal' });
    this.field = make('input', {
      class: 'input num', id: 'go-time', inputMode: 'numeric', autocomplete: 'off',
      'aria-label': 'Time', 'aria-describedby': 'go-error',
    });
    this.error = make('p', { class: 'error', id: 'go-error', role: 'alert', hidden: true });
    this.words = make('p', { class: 'tiny quiet' });
    const form = make('form', { class: 'row', id: 'go-form' }, this.field,
      make('button', { class: 'btn go', type: 'submit' }, 'Go'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.go();
    });
    this.spans = SPANS.map(([text, span]) => {
      const button = make('button', {}, text);
      button.addEventListener('click', () => {
        stage.past?.past?.bar.zoomTo(span);
        this.show();
      });
      return button;
    });
    const turn = (/** @type {number} */ by) => () => {
      this.month = new Date(this.month.getFullYear(), this.month.getMonth() + by, 1);
      this.show();
    };
    this.before = iconButton('back', 'The month before', turn(-1));
    this.after = iconButton('next', 'The month after', turn(1));
    this.element = make('div', {
      class: 'menu day', role: 'dialog', 'aria-label': 'Choose a day and time',
    }, make('div', { class: 'row' }, this.before, this.label, this.after), this.grid, form,
    this.error,
    make('div', { class: 'seg', role: 'group', 'aria-label': 'Time shown' }, ...this.spans),
    this.words);
    this.element.hidden = true;
  }

  /** Begins at the shown instant. */
  begin() {
    const { shownAt, clock } = this.stage.playback, at = shownAt ?? clock.now() / 1000;
    this.day = new Date(at * 1000);
    this.month = new Date(at * 1000);
    this.field.value = clockText(at);
    this.error.hidden = true;
    this.show();
  }

  go() {
    const { playback } = this.stage, { extent } = playback.reach;
    const at = instantAt(this.field.value, this.day);
    this.error.hidden = at !== null;
    this.error.textContent = at === null ? 'Write a time as 15:22 or 15:22:08.' : '';
    this.field.setAttribute('aria-invalid', String(at === null));
    if (at === null || !extent) return;
    playback.goTo(extent.clamp(Math.min(at, playback.clock.now() / 1000)));
    this.onDone();
  }

  show() {
    const { playback, past } = this.stage, { extent } = playback.reach;
    if (!extent) return;
    const now = playback.clock.now() / 1000, { month } = this;
    this.label.textContent = `${MONTHS[month.getMonth()]} ${month.getFullYear()}`;
    const first = new Date((extent.from ?? now) * 1000), last = new Date(now * 1000);
    const index = (/** @type {Date} */ date) => date.getFullYear() * 12 + date.getMonth();
    this.before.disabled = index(month) <= index(first);
    this.after.disabled = index(month) >= index(last);
    this.grid.replaceChildren(
      ...WEEKDAYS.map((name) => make('div', { class: 'wd' }, name)),
      ...daysOf(month).map((day) => (day ? this.cell(day, extent, now) : make('span'))));
    const span = past?.past?.bar.span ?? null;
    this.spans.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(SPANS[i][1] === span));
    });
    const kept = keptOf(extentOf(extent), midnight(this.day), now);
    this.words.textContent = `The line under a day: how much of it is kept. This day has ${
      hoursText(kept)}.`;
  }

  /** @param {Date} day @param {PastExtent} extent @param {number} now */
  cell(day, extent, now) {
    const kept = keptOf(extentOf(extent), day, now);
    const name = `${day.getDate()} ${MONTHS[day.getMonth()]}`;
    const button = make('button', { disabled: kept === 0 }, String(day.getDate()));
    if (kept === 0) return button;
    const share = String(Math.max(4, Math.round(kept / 864)));
    button.append(makeSVG('svg', {
      viewBox: '0 0 100 3', preserveAspectRatio: 'none', 'aria-hidden': 'true',
    }, makeSVG('rect', { width: '100', height: '3', fill: 'currentColor', opacity: '.3' }),
    makeSVG('rect', { width: share, height: '3', fill: 'currentColor' })));
    button.setAttribute('aria-label', `${name}, ${hoursText(kept)} kept`);
    if (day.toDateString() === new Date(now * 1000).toDateString()) {
      button.setAttribute('aria-current', 'date');
    }
    button.setAttribute('aria-pressed', String(day.toDateString() === this.day.toDateString()));
    button.addEventListener('click', () => {
      this.day = day;
      this.show();
      this.field.focus();
      this.field.select();
    });
    return button;
  }
}

/** @param {Date} date */
function midnight(date) { return new Date(date.getFullYear(), date.getMonth(), date.getDate()); }

/** @param {PastExtent} extent */
const extentOf = (extent) => ({
  from: extent.from, mediaBetween: extent.mediaBetween.bind(extent),
});
