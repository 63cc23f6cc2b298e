// SPDX-License-Identifier: Apache-2.0
// The buttons of the past: steps, speed, marks of a clip, an instant to go to, and back to live.

import { element } from './dom.js';
import { MarkedSpan } from './marked-span.js';
import { TimeBar } from './time-bar.js';
import { durationText, fieldText, fieldTime, timeText } from './time-scale.js';
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
 */

/** The seconds of the button, and of the arrow keys. */
const BACK = 10, STEP = 5;

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
    this.box = element('past', HTMLDivElement, root);
    this.shown = element('shown-at', HTMLButtonElement, root);
    this.live = element('to-live', HTMLButtonElement, root);
    this.speed = element('speed', HTMLSelectElement, root);
    this.save = element('save', HTMLAnchorElement, root);
    this.form = element('go-form', HTMLFormElement, root);
    this.field = element('go-time', HTMLInputElement, root);
    this.bar = new TimeBar(root, playback, this.clip, signal);
    this.frameButtons = ['frame-back', 'frame-on'].map((id) => (
      element(id, HTMLButtonElement, root)));
    this.box.hidden = true;
    this.isOffered = false;
    /** @type {Record<string, () => void>} the actions by key while the past is offered */
    this.keys = {};
    this.connect(root);
  }

  /** @param {Root} root */
  connect(root) {
    const { playback, bar, signal } = this, options = { signal };
    const on = (/** @type {string} */ id, /** @type {() => void} */ body) => {
      element(id, HTMLButtonElement, root).addEventListener('click', body, options);
    };
    on('back', () => bar.seekBy(-BACK));
    on('frame-back', () => this.step(-1));
    on('frame-on', () => this.step(1));
    on('to-live', () => playback.goLive());
    on('mark-in', () => this.mark((at) => this.clip.begin(at)));
    on('mark-out', () => this.mark((at) => this.clip.end(at)));
    on('shown-at', () => this.toggleForm());
    on('go-link', () => void this.copyLink());
    this.speed.addEventListener('change', () => {
      playback.chooseRate(Number(this.speed.value));
    }, options);
    const span = element('span', HTMLSelectElement, root);
    span.addEventListener('change', () => {
      bar.span = span.value === '' ? null : Number(span.value);
      bar.update();
    }, options);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const at = fieldTime(this.field.value);
      if (at === null) return;
      this.toggleForm();
      bar.seek(at);
    }, options);
    this.keys = {
      j: () => bar.seekBy(-BACK), ',': () => this.step(-1), '.': () => this.step(1),
      ArrowLeft: () => bar.seekBy(-STEP), ArrowRight: () => bar.seekBy(STEP),
      End: () => playback.goLive(),
    };
    if (!this.options.linkOf) element('go-link', HTMLButtonElement, root).hidden = true;
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
    const { playback: { reach }, clip, save } = this, at = this.middle();
    if (at === null) return;
    set(at);
    this.options.onMessage('clip', clip.problem, 'warn');
    const { name, first, last } = clip, url = name && reach.address(`clip/${name}`);
    save.hidden = !url;
    if (url) {
      save.href = url;
      save.textContent = `Save ${durationText((last ?? 0) - (first ?? 0))}`;
    }
    this.bar.update();
  }

  // An instant to go to

  toggleForm() {
    const { form, field, playback } = this, isShown = form.hidden;
    form.hidden = !isShown;
    this.shown.setAttribute('aria-expanded', String(isShown));
    if (!isShown) return;
    const at = playback.shownAt ?? playback.clock.now() / 1000, { extent } = playback.reach;
    field.value = fieldText(at);
    if (extent?.from != null) field.min = fieldText(Math.ceil(extent.from));
    field.focus({ preventScroll: true });
  }

  async copyLink() {
    const { linkOf, onMessage } = this.options;
    const at = fieldTime(this.field.value) ?? this.middle();
    if (!linkOf || at === null) return;
    const link = linkOf(at);
    try {
      await navigator.clipboard.writeText(link);
      onMessage('link', 'The link is copied');
    } catch {
      onMessage('link', link);
    }
    setTimeout(() => onMessage('link', null), 4000);
  }

  /**
   * Called every 250 ms.
   * @param {boolean} isOffered
   */
  update(isOffered) {
    if (isOffered !== this.isOffered) {
      this.isOffered = isOffered;
      this.box.hidden = !isOffered;
      this.stage.classList.toggle('has-past', isOffered);
      const { keys } = this.controls;
      if (isOffered) Object.assign(keys, this.keys);
      else for (const key of Object.keys(this.keys)) delete keys[key];
    }
    if (isOffered) this.show();
  }

  show() {
    const { playback, bar, live, shown } = this, { shownAt, isPast } = playback;
    bar.update();
    const now = playback.clock.now() / 1000;
    const text = shownAt === null ? '–' : timeText(bar.dragged ?? shownAt, now);
    if (shown.textContent !== text) shown.textContent = text;
    live.classList.toggle('is-live', !isPast);
    live.setAttribute('aria-pressed', String(!isPast));
    this.speed.disabled = !isPast;
  }
}
