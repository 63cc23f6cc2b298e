// SPDX-License-Identifier: Apache-2.0
// The time bar's buttons and keys: steps, zoom, marks of a clip, and back to live.

import { dayOf } from '../shared/day-time.js';
import { element } from './dom.js';
import { MarkedSpan } from './marked-span.js';
import { pastMarkup } from './past-markup.js';
import { addSheetsStyle } from './sheets-style.js';
import { TimeBar } from './time-bar.js';
import { clockText } from './time-scale.js';
/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/** @typedef {import('./controls.js').Controls} Controls */
/** @typedef {import('./dom.js').Root} Root */

/**
 * `isShown`: whether the past is offered; null if the stream has an archive.
 * @typedef {object} PastOptions
 * @property {boolean | null} isShown
 * @property {((at: number | null) => string) | null} linkOf the address of the page that begins at
 *   an instant, Unix seconds; null if there is none
 * @property {(key: string, text: string | null, style?: string) => void} onMessage
 * @property {(name: import('../sheets/extras.js').ExtraName) => void} open opens a sheet
 * @property {(text: string) => DocumentFragment} fragment constant markup as elements
 */

/** The seconds of the button, and of the arrow keys. */
const BACK = 10, STEP = 5;
/** The speeds of the past. */
export const SPEEDS = [0.5, 1, 2, 4, 8];
/** The words of a step disappear after this time, ms. */
const CHIP_TIME = 1200;

/** Connects the time bar and its buttons. */
export class PastControls {
  /**
   * @param {Root} root @param {Playback} playback @param {Controls} controls
   * @param {PastOptions} options @param {AbortSignal} signal
   */
  constructor(root, playback, controls, options, signal) {
    this.playback = playback;
    this.controls = controls;
    this.options = options;
    this.signal = signal;
    this.clip = new MarkedSpan();
    this.stage = element('stage', HTMLDivElement, root);
    addSheetsStyle(root);
    if (!root.getElementById('past')) {
      element('bar', HTMLDivElement, root).before(options.fragment(pastMarkup()));
    }
    this.box = element('past', HTMLDivElement, root);
    this.back = element('back', HTMLButtonElement, root);
    this.shownTime = element('shown-time', HTMLElement, root);
    this.shownDay = element('shown-day', HTMLElement, root);
    this.live = element('to-live', HTMLButtonElement, root);
    this.bar = new TimeBar(root, playback, this.clip, signal);
    this.box.hidden = true;
    this.isOffered = false;
    this.chipTimer = 0;
    controls.keepOver(this.box);
    /** @type {Record<string, () => void>} the actions by key while the past is offered */
    this.keys = {};
    this.connect(root);
    signal.addEventListener('abort', () => {
      clearTimeout(this.chipTimer);
      this.box.remove();
      this.back.hidden = true;
    });
  }

  /** @param {Root} root */
  connect(root) {
    const { playback, bar, signal, options: { open } } = this;
    const on = (/** @type {string} */ id, /** @type {() => void} */ body) => {
      element(id, HTMLButtonElement, root).addEventListener('click', body, { signal });
    };
    on('back', () => bar.seekBy(-BACK));
    on('frame-back', () => this.step(-1));
    on('frame-on', () => this.step(1));
    on('zoom-out', () => bar.zoom(true));
    on('zoom-in', () => bar.zoom(false));
    on('to-live', () => playback.goLive());
    on('clip', () => open('clip'));
    on('shown-at', () => open('calendar'));
    this.keys = {
      j: () => this.skip(-BACK), l: () => this.skip(BACK),
      ',': () => this.step(-1), '.': () => this.step(1),
      ArrowLeft: () => bar.seekBy(-STEP), ArrowRight: () => bar.seekBy(STEP),
      '<': () => this.changeSpeed(-1), '>': () => this.changeSpeed(1),
      '+': () => bar.zoom(false), '-': () => bar.zoom(true),
      '[': () => this.mark((at) => this.clip.begin(at)),
      ']': () => this.mark((at) => this.clip.end(at)),
      End: () => playback.goLive(),
    };
  }

  /**
   * Goes back or on, and says so.
   * @param {number} seconds
   */
  skip(seconds) {
    const { bar, playback } = this;
    if (seconds > 0 && !playback.isPast) return;
    bar.seekBy(seconds);
    this.say(`${Math.abs(seconds)} s ${seconds < 0 ? 'back' : 'on'}`);
  }

  /** @param {string} text shown for a moment */
  say(text) {
    const { onMessage } = this.options;
    clearTimeout(this.chipTimer);
    onMessage('chip', text);
    this.chipTimer = window.setTimeout(() => onMessage('chip', null), CHIP_TIME);
  }

  /** @param {number} by 1 for the next higher speed */
  changeSpeed(by) {
    const { playback } = this, index = SPEEDS.indexOf(playback.pastRate);
    if (!playback.isPast) return;
    const rate = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, index + by))];
    playback.chooseRate(rate);
    this.say(`Speed ${rate}×`);
  }

  /**
   * Shows the next or the previous frame, paused.
   * @param {number} frames
   */
  step(frames) {
    const { playback } = this;
    playback.pause();
    const at = this.middle(frames);
    if (at === null) return;
    playback.goTo(at, true);
    this.bar.update();
  }

  /**
   * The middle of the slot of the shown frame, or of one before or after it, Unix seconds; null
   * while unknown.
   * @param {number} [frames]
   */
  middle(frames = 0) {
    const { shownAt, slotOffset, reach: { extent } } = this.playback;
    if (!extent || shownAt === null) return null;
    return extent.middleOf(extent.frameAt(shownAt - slotOffset) + frames) + slotOffset;
  }

  /** @param {(at: number) => void} set with the middle of the shown frame */
  mark(set) {
    const { bar, clip } = this, at = this.middle();
    if (at === null) return;
    set(at);
    bar.update();
    const problem = clip.problem ?? (clip.name === null ? null : 'The clip is ready to be saved');
    this.say(problem ?? (clip.first === null ? 'The clip ends here' : 'The clip begins here'));
  }

  /**
   * Called every 250 ms.
   * @param {boolean} isOffered
   */
  update(isOffered) {
    if (isOffered !== this.isOffered) {
      this.isOffered = isOffered;
      this.box.hidden = !isOffered;
      this.back.hidden = !isOffered;
      this.stage.classList.toggle('has-past', isOffered);
      const { keys } = this.controls;
      if (isOffered) Object.assign(keys, this.keys);
      else for (const key of Object.keys(this.keys)) delete keys[key];
    }
    if (isOffered) this.show();
  }

  show() {
    const { playback, bar, live, shownTime, shownDay } = this, { shownAt, isPast } = playback;
    bar.update();
    const now = playback.clock.now() / 1000, at = bar.dragged ?? shownAt;
    const text = at === null ? '–' : clockText(at);
    const isLive = !isPast && bar.dragged === null;
    const isLost = playback.services.presence?.isOnline === false;
    const past = at === null ? '' : dayOf(at * 1000, now * 1000);
    const day = isLive ? isLost ? 'no picture' : 'live' : past;
    if (shownTime.textContent !== text) shownTime.textContent = text;
    if (shownDay.textContent !== day) shownDay.textContent = day;
    live.hidden = isLive;
  }
}
