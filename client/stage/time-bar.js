// SPDX-License-Identifier: Apache-2.0
// The time bar: how far back one may go, the shown instant, seeks, and a still of the pointed one.

import { element } from './dom.js';
import { EventMarks } from './event-marks.js';
import { Pinch } from './pinch.js';
import {
  durationText, fractionOf, gapsIn, marksIn, spanAfter, timeAt, timeText, viewOf,
} from './time-scale.js';
/** @typedef {import('../engine/server/past-extent.js').PastExtent} PastExtent */
/** @typedef {import('./dom.js').Root} Root */
/** @typedef {import('./marked-span.js').MarkedSpan} MarkedSpan */

/**
 * What the bar moves: a player, or all players of the wall. Times are Unix seconds, those of the
 * clock ms.
 * @typedef {object} TimeSource
 * @property {{ now: () => number }} clock of the server
 * @property {boolean} isPast
 * @property {number | null} shownAt
 * @property {{ extent: PastExtent | null, address: (path: string) => string | null }} reach
 * @property {{ presence: { isOnline: boolean } | null }} services
 * @property {(at: number) => void} goTo
 * @property {() => void} goLive
 */

/** Seconds of the arrow keys, and of page up and down. */
const STEP = 5, LONG_STEP = 60;
/** A still is requested when the pointer has rested for this time, or moves this long, ms. */
const STILL_DELAY = 90;
/** The width of a still, pixels: one of those that the server makes. */
const STILL_WIDTH = 160;
/** Seeks while the knob is dragged follow each other at this distance, ms. */
const DRAG_INTERVAL = 250;

/** The track with its knob, gaps and marks. */
export class TimeBar {
  /** @param {Root} root @param {TimeSource} playback @param {MarkedSpan} clip
   * @param {AbortSignal} signal */
  constructor(root, playback, clip, signal) {
    this.playback = playback;
    this.clip = clip;
    this.line = element('line', HTMLDivElement, root);
    this.track = element('track', HTMLDivElement, root);
    this.gaps = element('gaps', HTMLDivElement, root);
    this.played = element('played', HTMLDivElement, root);
    this.knob = element('knob', HTMLDivElement, root);
    this.marked = element('span-marked', HTMLDivElement, root);
    this.marks = element('marks', HTMLDivElement, root);
    this.preview = element('preview', HTMLDivElement, root);
    this.still = element('preview-still', HTMLImageElement, root);
    this.previewTime = element('preview-time', HTMLSpanElement, root);
    this.previewText = element('preview-text', HTMLSpanElement, root);
    this.events = new EventMarks(root, {
      onPoint: (at, text) => this.point(at, text), onLeave: () => this.hidePreview(),
      onSeek: (at) => this.seek(at),
    }, signal);
    /** The seconds that the bar shows; null for all. */
    this.span = /** @type {number | null} */ (null);
    /** @type {import('./time-scale.js').View} */
    this.view = { from: 0, to: 1 };
    /** Whether the knob is dragged: the view stays. */
    this.dragged = /** @type {number | null} */ (null);
    this.draggedAt = 0;
    this.stillTimer = 0;
    /** @type {number | null} the instant at the pointer, Unix seconds */
    this.pointed = null;
    this.stillURL = '';
    this.pinch = new Pinch();
    /** The span for which gaps and marks were drawn. */
    this.drawn = '';
    this.connect(signal);
  }

  /** @param {AbortSignal} signal */
  connect(signal) {
    const { track, still } = this, options = { signal };
    track.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      track.setPointerCapture(event.pointerId);
      if (this.pinch.press(event)) {
        this.dragged = null;
        this.pinch.span = this.view.to - this.view.from;
        return;
      }
      this.draggedAt = performance.now();
      this.drag(event);
    }, options);
    track.addEventListener('pointermove', (event) => {
      const zoom = this.pinch.move(event);
      if (zoom !== null) this.zoomTo(this.pinch.span / zoom);
      else if (this.dragged !== null) this.drag(event);
      else if (event.pointerType === 'mouse') this.point(this.timeOf(event));
    }, options);
    const end = (/** @type {PointerEvent} */ event) => {
      this.pinch.release(event);
      if (this.dragged === null) return;
      const at = this.timeOf(event);
      this.dragged = null;
      this.seek(at);
      if (event.pointerType !== 'mouse') this.hidePreview();
    };
    track.addEventListener('pointerup', end, options);
    track.addEventListener('pointercancel', (event) => {
      this.pinch.release(event);
      this.dragged = null;
    }, options);
    track.addEventListener('wheel', (event) => {
      if (event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0);
    }, { signal, passive: false });
    track.addEventListener('pointerleave', () => {
      if (this.dragged === null) this.hidePreview();
    }, options);
    track.addEventListener('keydown', (event) => this.pressed(event), options);
    still.addEventListener('load', () => { still.hidden = false; }, options);
    still.addEventListener('error', () => { still.hidden = true; }, options);
    signal.addEventListener('abort', () => clearTimeout(this.stillTimer));
  }

  get now() { return this.playback.clock.now() / 1000; }

  // Seeks

  /** @param {number} at Unix seconds */
  seek(at) {
    const { playback } = this, { extent } = playback.reach;
    if (extent) playback.goTo(extent.clamp(at));
    this.update();
  }

  /** @param {number} seconds */
  seekBy(seconds) {
    const shown = this.playback.shownAt;
    if (shown !== null) this.seek(shown + seconds);
  }

  /** @param {PointerEvent} event @returns {number} Unix seconds */
  timeOf(event) {
    const { left, width } = this.track.getBoundingClientRect();
    return timeAt(this.view, (event.clientX - left) / Math.max(1, width));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    this.dragged = this.timeOf(event);
    this.point(this.dragged);
    this.show(this.dragged);
    const now = performance.now();
    if (!this.playback.isPast || now - this.draggedAt < DRAG_INTERVAL) return;
    this.draggedAt = now;
    if (this.dragged < this.now - 3) this.playback.goTo(this.dragged);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.seekBy(-STEP), ArrowRight: () => this.seekBy(STEP),
      ArrowDown: () => this.seekBy(-STEP), ArrowUp: () => this.seekBy(STEP),
      PageDown: () => this.seekBy(-LONG_STEP), PageUp: () => this.seekBy(LONG_STEP),
      Home: () => this.seek(0), End: () => this.playback.goLive(),
    };
    const isOther = event.ctrlKey || event.metaKey || event.altKey;
    if (isOther || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  /** @param {boolean} isOut whether more time is shown */
  zoom(isOut) {
    const { extent } = this.playback.reach;
    const all = this.now - (extent?.from ?? this.now);
    this.span = spanAfter(this.span, all, isOut);
    this.update();
  }

  /** @param {number | null} seconds null for all */
  zoomTo(seconds) {
    const { extent } = this.playback.reach, all = this.now - (extent?.from ?? this.now);
    this.span = seconds === null || seconds >= all ? null : Math.max(30, seconds);
    this.update();
  }

  // The still of the pointed instant

  /** @param {number} at Unix seconds @param {string} [text] of an event */
  point(at, text = '') {
    const { preview, track, previewTime } = this, { extent } = this.playback.reach;
    if (!extent) return;
    preview.hidden = false;
    this.previewText.textContent = text;
    this.previewText.hidden = text === '';
    const known = extent.clamp(Math.min(at, this.now));
    const gap = extent.gaps.find(([from, to]) => from <= known && known < to);
    previewTime.textContent = gap ? `${timeText(known, this.now)}, no media`
      : timeText(known, this.now);
    const { width } = track.getBoundingClientRect(), half = preview.offsetWidth / 2;
    const center = fractionOf(this.view, at) * width;
    preview.style.left = `${Math.round(Math.min(Math.max(center, half), width - half))}px`;
    if (gap) showStill(this, null);
    else if (!this.stillTimer) {
      this.stillTimer = window.setTimeout(() => {
        this.stillTimer = 0;
        showStill(this, known);
      }, STILL_DELAY);
    }
    this.pointed = known;
  }

  hidePreview() {
    clearTimeout(this.stillTimer);
    this.stillTimer = 0;
    this.preview.hidden = true;
  }

  // What is shown

  /** Called every 250 ms. */
  update() {
    const { playback } = this, { extent } = playback.reach;
    if (extent?.from == null) return;
    const shown = playback.shownAt ?? this.now;
    if (this.dragged === null) this.view = viewOf(extent.from, this.now, shown, this.span);
    this.draw();
    this.show(this.dragged ?? shown);
  }

  /** @param {number} at Unix seconds */
  show(at) {
    const { track, view, playback } = this, { now } = this, { from } = playback.reach.extent ?? {};
    const { presence } = playback.services;
    const isLive = !playback.isPast && this.dragged === null;
    const fraction = isLive && this.span === null ? 1 : fractionOf(view, at);
    const percent = `${(fraction * 100).toFixed(3)}%`;
    this.played.style.width = percent;
    this.knob.style.left = percent;
    const behind = `${durationText(now - at)} behind live`;
    const values = {
      valuemin: Math.floor(from ?? at), valuemax: Math.floor(now), valuenow: Math.floor(at),
      valuetext: isLive ? 'live' : `${timeText(at, now)}, ${behind}`,
    };
    this.line.classList.toggle('at-live', isLive);
    this.line.classList.toggle('no-picture', isLive && presence?.isOnline === false);
    for (const [name, value] of Object.entries(values)) {
      track.setAttribute(`aria-${name}`, String(value));
    }
    const { first, last } = this.clip;
    this.marked.hidden = first === null && last === null;
    const left = fractionOf(view, first ?? last ?? at);
    const right = fractionOf(view, last ?? first ?? at);
    this.marked.style.left = `${left * 100}%`;
    this.marked.style.width = `${(right - left) * 100}%`;
  }

  /** Draws gaps and marks again if the view has moved by a pixel. */
  draw() {
    const { view, track, gaps, marks } = this, { extent } = this.playback.reach;
    const width = track.clientWidth, pixel = (view.to - view.from) / Math.max(1, width);
    const all = extent?.gaps ?? [];
    const start = Math.round(view.from / pixel), scale = Math.round(pixel * 1e4);
    const events = extent?.events ?? [];
    const drawn = [start, width, scale, all.length, events.at(-1)?.id, events.length].join();
    if (drawn === this.drawn || width === 0) return;
    this.drawn = drawn;
    gaps.replaceChildren(...gapsIn(view, all).map(({ left, width: share }) => {
      const box = document.createElement('i');
      box.style.left = `${left * 100}%`;
      box.style.width = `max(1px, ${share * 100}%)`;
      return box;
    }));
    this.events.draw(view, width, events, this.now);
    marks.replaceChildren(...marksIn(view, width).flatMap(({ at, text }) => {
      const center = fractionOf(view, at) * width;
      if (center < 24 || center > width - 24) return [];
      const mark = document.createElement('span');
      mark.textContent = text;
      mark.style.left = `${center}px`;
      return [mark];
    }));
  }
}

/**
 * Requests the still of the segment that contains an instant: its key frame is decoded soon, and
 * viewers share it.
 * @param {TimeBar} bar @param {number | null} at Unix seconds; null for none
 */
function showStill(bar, at) {
  const { reach } = bar.playback, { extent } = reach;
  if (at === null || !extent) {
    bar.still.hidden = true;
    return;
  }
  const pointed = bar.pointed ?? at, first = extent.segmentAt(pointed) * extent.framesPerSegment;
  const url = reach.address(`at/${extent.middleOf(first).toFixed(4)}/${STILL_WIDTH}.jpg`);
  if (url === null || url === bar.stillURL) return;
  bar.stillURL = url;
  bar.still.src = url;
}
