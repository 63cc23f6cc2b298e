// SPDX-License-Identifier: Apache-2.0
// The time bar of the wall, which moves all streams: in the second file.

import { Calendar } from '../sheets/calendar.js';
import { element } from '../stage/dom.js';
import { MarkedSpan } from '../stage/marked-span.js';
import { pastMarkup } from '../stage/past-markup.js';
import { addSheetsStyle } from '../stage/sheets-style.js';
import { TimeBar } from '../stage/time-bar.js';
import { clockWords } from './past.js';
import { unionOf } from './union.js';
/** @typedef {import('../stage/stage.js').Stage} Stage */
/** @typedef {import('./past.js').WallPast} WallPast */

/** @typedef {{ name: string, stage: Stage }} WallStage a shown stream and its name */

const UPDATE_INTERVAL = 250;
/** Nearer to the present than this, a place on the bar is the live edge, s. */
const LIVE_EDGE = 3;

/** All streams, as the one that a time bar moves. */
class AllStreams {
  /** @param {WallPast} past @param {() => WallStage[]} stages the heard one first */
  constructor(past, stages) {
    this.past = past;
    this.stages = stages;
    /** No picture of one stream is none of the wall. */
    this.services = { presence: null };
    this.clock = { now: () => this.stages()[0]?.stage.playback.clock.now() ?? Date.now() };
    const all = this;
    this.reach = {
      get extent() { return all.extent; },
      // The page shows no pictures of other hosts.
      address: (/** @type {string} */ path) => (
        this.archived.map(({ stage }) => stage.playback.reach.address(path))
          .find((url) => url?.startsWith(`${location.origin}/`)) ?? null),
    };
    /** @type {(import('../engine/server/past-extent.js').PastExtent | null)[]} of the union */
    this.known = [];
    /** @type {import('../engine/server/past-extent.js').PastExtent | null} */
    this.union = null;
  }

  /** The streams whose past is kept. */
  get archived() {
    return this.stages().filter(({ stage }) => stage.playback.reach.extent?.isArchived);
  }

  get extent() {
    const streams = this.archived.flatMap(({ name, stage }) => {
      const { extent } = stage.playback.reach;
      return extent ? { name, extent } : [];
    });
    const { known } = this, isSame = known.length === streams.length
      && streams.every(({ extent }, i) => extent === known[i]);
    if (!isSame) {
      this.known = streams.map(({ extent }) => extent);
      this.union = unionOf(streams);
    }
    return this.union;
  }

  get isPast() { return this.past.isPast; }

  get shownAt() { return this.past.at; }

  /** @param {number} at Unix seconds */
  goTo(at) {
    void this.past.seek(at > this.clock.now() / 1000 - LIVE_EDGE ? null : at);
  }

  goLive() { void this.past.seek(null); }
}

/** The bar with its buttons, and the calendar. */
export class WallTime {
  /**
   * @param {HTMLElement} footer with the buttons that the bar takes
   * @param {WallPast} past @param {() => WallStage[]} stages
   * @param {(text: string) => DocumentFragment} fragment constant markup as elements
   */
  constructor(footer, past, stages, fragment) {
    this.past = past;
    this.all = new AllStreams(past, stages);
    this.taken = [...footer.children];
    addSheetsStyle(document);
    footer.append(fragment(pastMarkup()));
    this.box = element('past', HTMLDivElement);
    this.box.setAttribute('aria-label', 'Time of all streams');
    // A clip is of one stream: its page saves it.
    element('clip', HTMLButtonElement).remove();
    this.opener = element('shown-at', HTMLButtonElement);
    const [heard] = this.taken.splice(-1);
    this.opener.before(...this.taken);
    element('frame-back', HTMLButtonElement).before(heard);
    this.shownTime = element('shown-time', HTMLElement);
    this.shownDay = element('shown-day', HTMLElement);
    this.live = element('to-live', HTMLButtonElement);
    this.bar = new TimeBar(document, this.all, new MarkedSpan(), new AbortController().signal);
    this.bar.track.setAttribute('aria-label', 'Time of all streams');
    const bar = { past: { bar: this.bar } };
    this.calendar = new Calendar({ playback: this.all, past: bar }, () => this.close());
    footer.append(this.calendar.element);
    this.box.hidden = false;
    this.connect();
    setInterval(() => this.update(), UPDATE_INTERVAL);
    this.update();
  }

  connect() {
    this.calendar.element.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.close();
    });
    const actions = /** @type {Record<string, () => void>} */ ({
      'frame-back': () => void this.past.step(-1), 'frame-on': () => void this.past.step(1),
      'zoom-out': () => this.bar.zoom(true), 'zoom-in': () => this.bar.zoom(false),
      'to-live': () => this.all.goLive(), 'shown-at': () => this.toggleCalendar(),
    });
    for (const [id, body] of Object.entries(actions)) {
      element(id, HTMLButtonElement).addEventListener('click', () => {
        body();
        this.update();
      });
    }
    addEventListener('pointerdown', (event) => {
      const path = event.composedPath();
      if (!path.includes(this.calendar.element) && !path.includes(this.opener)) this.close();
    });
  }

  toggleCalendar() {
    if (this.close()) return;
    this.calendar.element.hidden = false;
    this.calendar.begin();
    this.opener.setAttribute('aria-expanded', 'true');
    this.calendar.field.focus({ preventScroll: true });
  }

  /** Closes the calendar. @returns {boolean} whether it was open */
  close() {
    const { element: menu } = this.calendar;
    if (menu.hidden) return false;
    const hadFocus = menu.contains(document.activeElement);
    menu.hidden = true;
    this.opener.setAttribute('aria-expanded', 'false');
    if (hadFocus) this.opener.focus({ preventScroll: true });
    return true;
  }

  update() {
    const { all, bar, past, live } = this, now = all.clock.now();
    bar.update();
    const { clock, day } = clockWords(
      bar.dragged ?? past.at, past.isPast || bar.dragged !== null, past.isPaused, now);
    if (this.shownTime.textContent !== clock) this.shownTime.textContent = clock;
    if (this.shownDay.textContent !== day) this.shownDay.textContent = day;
    live.hidden = !past.isPast && !past.isPaused;
  }
}
