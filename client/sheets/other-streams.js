// SPDX-License-Identifier: Apache-2.0
// Under the picture in portrait: details of the stream, and the other streams of the server.

import { dayOf } from '../shared/day-time.js';
import { durationWords } from '../stage/time-scale.js';
import { make, setText } from './make.js';
/** @typedef {import('../stage/stage.js').Stage} Stage */

/**
 * The streams of the server, as its list names them.
 * @typedef {{ name: string, label: string, state: string, isOnDemand: boolean }} Listed
 * @typedef {{ isKnown: boolean, name: string, all: Listed[], others: Listed[] }} Names
 */

/** The most streams that are shown. */
const MOST = 12;
/** The width of a still, pixels: one of those that the server makes. */
const STILL_WIDTH = 320;

/** Fills the box below the player. */
export class OtherStreams {
  /** @param {Stage} stage @param {HTMLElement} box */
  constructor(stage, box) {
    this.stage = stage;
    this.box = box;
    /** @type {Map<string, HTMLElement>} */
    this.values = new Map();
    this.list = make('dl', { class: 'kv small' });
    this.heading = make('h2', { hidden: true }, 'Other streams');
    this.others = make('ul', { class: 'others' });
    box.append(this.list, this.heading, this.others);
    box.hidden = false;
    this.drawn = '';
  }

  /** @param {string} name @param {string} text */
  value(name, text) {
    let value = this.values.get(name);
    if (!value) {
      value = make('dd');
      this.list.append(make('dt', {}, name), value);
      this.values.set(name, value);
    }
    setText(value, text);
  }

  /** Called every 250 ms. */
  update() {
    const { playback, options: { page } } = this.stage;
    const { display, frames, state, reach } = playback;
    const { videoWidth: width, videoHeight: height } = display;
    const interval = frames.interval();
    const rate = interval > 0 ? `, ${Math.round(1 / interval)} frames a second` : '';
    if (width > 0) this.value('Picture', `${width}×${height}${rate}`);
    if (state.sound !== null) this.value('Sound', state.sound ? 'yes' : 'none');
    const { extent } = reach, now = playback.clock.now();
    if (extent?.isArchived && extent.from !== null) {
      const from = extent.from * 1000;
      this.value('Kept', `${durationWords((now - from) / 1000)}, since ${dayOf(from, now)}`);
    }
    if (page?.names.isKnown) this.draw(page.list, page.names.others.slice(0, MOST));
  }

  /** @param {string} list address of the list @param {Listed[]} streams */
  draw(list, streams) {
    const drawn = streams.map(({ name }) => name).join();
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.heading.hidden = streams.length === 0;
    this.others.replaceChildren(...streams.map(({ name, label, state, isOnDemand }) => {
      const page = new URL(`${encodeURIComponent(name)}/`, list);
      const still = make('span', { class: 'pic' });
      const isLocked = state === 'locked';
      // A still of a stream on demand would start it.
      if (isLocked || isOnDemand && state !== 'live') {
        still.classList.add('blank');
        still.append(make('span', { class: 'on small' },
          isLocked ? 'Needs a password' : 'Starts when you open it'));
      } else {
        still.append(make('img', {
          alt: '', loading: 'lazy', src: new URL(`snapshot/${STILL_WIDTH}.jpg`, page).href,
        }));
      }
      const text = make('span', { class: 'cut' }, label);
      return make('li', {}, make('a', { href: page.href }, still, text));
    }));
  }
}
