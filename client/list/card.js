// SPDX-License-Identifier: Apache-2.0
// One stream in the list: its still, name and state, and a link to its player.

import { hourOf, secondOf } from '../shared/day-time.js';
import { icon, make, setText, showBadge } from '../shared/make.js';
import { cardWords } from './card-words.js';
import { drawLastStill, drawServedStill, stillPaths } from '../shared/served-still.js';
/** @typedef {import('./listing.js').ListedStream} ListedStream */

/** The time between two stills of a stream, and before another try for the first one, ms. */
const STILL_INTERVAL = 15000, FIRST_INTERVAL = 3000;

/** The elements of one stream. */
export class Card {
  /** @param {ListedStream} stream @param {number} now Unix ms of the server */
  constructor(stream, now) {
    this.stream = stream;
    /** The time of the last request for a still, of performance.now(). */
    this.askedAt = -Infinity;
    /** The state for which the last still was requested. */
    this.askedFor = '';
    this.hasStill = false;
    /** The instant of the still, Unix ms; null for one of the live edge. @type {number | null} */
    this.stillAt = null;
    this.element = make('li', 'card');
    const link = make('a'), what = make('div', 'what'), title = make('div', 'title');
    this.canvas = make('canvas');
    this.picture = make('div', 'pic');
    this.over = make('div', 'on');
    this.corner = make('span', 'corner');
    this.name = make('h2', 'cut');
    this.badge = make('span', 'badge');
    this.why = make('p', 'why');
    const id = `stream-${encodeURIComponent(stream.name)}`;
    link.href = `${encodeURIComponent(stream.name)}/`;
    [this.name.id, this.badge.id] = [id, `${id}-state`];
    link.setAttribute('aria-labelledby', `${this.name.id} ${this.badge.id}`);
    this.canvas.setAttribute('aria-hidden', 'true');
    this.over.setAttribute('aria-hidden', 'true');
    title.append(this.name, this.badge);
    what.append(title, this.why);
    this.picture.append(this.canvas, this.over, this.corner);
    this.element.append(link, this.picture, what);
    this.update(stream, now);
  }

  /** A stream that plays for everybody has new stills. One on demand would be kept running. */
  get hasNewStills() { return this.stream.state === 'live' && !this.stream.isOnDemand; }

  /**
   * Whether a still is wanted.
   * @param {number} now of performance.now()
   */
  wantsStill(now) {
    if (this.stream.state === 'gone' || this.stream.state === 'locked') return false;
    const interval = this.hasStill ? STILL_INTERVAL : FIRST_INTERVAL;
    if (this.hasNewStills) return now - this.askedAt > interval;
    // The still that it has is the last one.
    return this.askedFor !== this.stream.state && !(this.hasStill && this.stillAt === null);
  }

  /** @param {ListedStream} stream @param {number} now Unix ms of the server */
  update(stream, now) {
    const wasNew = this.hasNewStills;
    this.stream = stream;
    if (wasNew && !this.hasNewStills && this.hasStill) this.stillAt ??= now;
    this.refresh(now);
  }

  /**
   * Writes what depends on the time.
   * @param {number} now Unix ms of the server
   */
  refresh(now) {
    const { stream } = this, { badge, word, why, icon: name, title } = cardWords(stream, now);
    setText(this.name, stream.label);
    showBadge(this.badge, badge, word);
    setText(this.why, why);
    const isDim = stream.state !== 'live' || stream.isOnDemand;
    this.picture.className = `pic${isDim ? ` ${this.hasStill ? 'dim' : 'blank'}` : ''}`;
    this.canvas.hidden = !this.hasStill;
    this.showOver(name, title);
    const time = this.stillAt;
    this.corner.hidden = time === null || !this.hasStill || !isDim;
    if (time !== null) {
      setText(this.corner, stream.isOnDemand ? `Picture of ${hourOf(time)}`
        : `Last picture ${secondOf(time)}`);
    }
  }

  /** @param {string} name of an icon @param {string} title */
  showOver(name, title) {
    const key = `${name} ${title}`;
    if (this.over.dataset.shown === key) return;
    this.over.dataset.shown = key;
    const sign = name === '' ? [] : [name === 'spin' ? make('span', 'spin small') : icon(name)];
    this.over.replaceChildren(...sign, ...title === '' ? [] : [make('strong', '', title)]);
  }

  /**
   * Draws a still; without one, the card stays as it is.
   * @param {AbortSignal} stop @param {number} now the clock of the server, Unix ms
   * @param {number} width
   */
  async draw(stop, now, width) {
    this.askedAt = performance.now();
    this.askedFor = this.stream.state;
    const address = new URL(`${encodeURIComponent(this.stream.name)}/`, location.href).href;
    try {
      if (this.hasNewStills) {
        const paths = stillPaths(now, width, this.stream.since);
        await drawServedStill(address, this.canvas, paths, stop);
        this.hasStill = true;
        this.stillAt = null;
      } else {
        const at = await drawLastStill(address, this.canvas, width, stop);
        if (at === null) return;
        this.hasStill = true;
        this.stillAt = at * 1000;
      }
      this.refresh(now);
    } catch { /* the next request */ }
  }
}
