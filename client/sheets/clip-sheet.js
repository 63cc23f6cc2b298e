// SPDX-License-Identifier: Apache-2.0
// Saving a clip: its ends to the frame, its length and size.

import { frameTimeOf } from '../shared/day-time.js';
import { connectCopy } from './copy.js';
import { icon, iconButton, make, makeSVG, setText } from './make.js';
/** @typedef {import('../stage/stage.js').Stage} Stage */

/** Without marks a clip has this length before the shown instant, s. */
const USUAL = 20;
/** The stills of the strip, their width in pixels, and the share of time beside the clip. */
const STILLS = 5, STILL_WIDTH = 160, BESIDE = 0.4;

/** @param {number} seconds as `42.3 s` or `12 min 5 s` */
export function lengthText(seconds) {
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** @param {number} bytes as `13 MB` */
export function sizeText(bytes) {
  if (bytes < 995e3) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  if (bytes < 995e6) return `${(bytes / 1e6).toFixed(bytes < 9.5e6 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The content of the sheet. */
export class ClipContent {
  /** @param {Stage} stage @param {(text: string) => void} say */
  constructor(stage, say) {
    this.stage = stage;
    const { playback } = stage, past = stage.past?.past;
    this.clip = past?.clip;
    this.extent = playback.reach.extent;
    const at = past?.middle() ?? playback.clock.now() / 1000;
    if (this.clip && this.clip.first === null && this.clip.last === null) {
      this.clip.end(at);
    }
    if (this.clip && this.clip.first === null) {
      this.clip.first = this.snapped((this.clip.last ?? at) - USUAL);
    }
    if (this.clip && this.clip.last === null) {
      this.clip.last = Math.max(at, (this.clip.first ?? at) + 1);
    }
    this.strip = make('div', { class: 'trim', 'aria-hidden': 'true' });
    this.length = make('dd');
    this.size = make('dd', {}, '–');
    this.problem = make('p', { class: 'error', role: 'alert', hidden: true });
    this.save = make('a', { class: 'btn go', id: 'save', download: '' }, icon('load'), 'Download');
    this.copy = make('button', { class: 'btn solid' }, icon('copy'), 'Copy link');
    connectCopy(this.copy, () => this.save.href, say);
    this.first = this.end('Starts', 'mark-in', 'first');
    this.last = this.end('Ends', 'mark-out', 'last');
    this.element = make('div', { class: 'stack' }, this.strip,
      make('div', { class: 'two' }, this.first.box, this.last.box), this.problem,
      make('dl', { class: 'kv' }, make('dt', {}, 'Length'), this.length, make('dt', {}, 'Size'),
        this.size, make('dt', {}, 'Quality'),
        make('dd', {}, 'As recorded. Nothing is encoded again.')));
    this.footer = [this.copy, this.save];
    this.asked = new AbortController();
    this.show();
  }

  /**
   * The middle of the slot of a frame.
   * @param {number} at
   */
  snapped(at) {
    const { extent, stage: { playback: { slotOffset } } } = this;
    if (!extent) return at;
    const inside = extent.clamp(at - slotOffset);
    return extent.middleOf(extent.frameAt(inside)) + slotOffset;
  }

  /**
   * A field for one end, and buttons for single frames.
   * @param {string} name @param {string} id of the button that takes the shown frame
   * @param {'first' | 'last'} end
   */
  end(name, id, end) {
    const field = make('input', { class: 'input num', inputMode: 'numeric', autocomplete: 'off' });
    const set = (/** @type {number} */ at) => {
      if (this.clip) this.clip[end] = this.snapped(at);
      this.show();
    };
    field.addEventListener('change', () => {
      const now = this.clip?.[end] ?? 0, at = timeOn(field.value, now);
      if (at === null) {
        this.problem.hidden = false;
        setText(this.problem, 'Write a time as 15:22:08 or 15:22:08.120.');
        return;
      }
      set(at);
    });
    const step = (/** @type {number} */ frames) => () => {
      const { clip, extent } = this, at = clip?.[end];
      if (at != null && extent) set(at + frames * extent.frameDuration);
    };
    const mark = make('button', { class: 'btn solid', id }, 'Shown frame');
    mark.addEventListener('click', () => set(this.stage.past?.past?.middle() ?? 0));
    const box = make('div', { class: 'field' }, make('label', { class: 'stack gap1' },
      make('span', { class: 'label' }, name), field),
    make('div', { class: 'row' }, iconButton('rev', 'One frame earlier', step(-1), 'solid'),
      iconButton('fwd', 'One frame later', step(1), 'solid'), mark));
    return { field, box };
  }

  show() {
    const { clip, stage: { playback: { reach } } } = this;
    if (!clip || clip.first === null || clip.last === null) return;
    const { first, last } = clip;
    this.first.field.value = frameTimeOf(first * 1000);
    this.last.field.value = frameTimeOf(last * 1000);
    const isEmpty = last < first, problem = isEmpty ? 'The end is before the start.' : clip.problem;
    this.problem.hidden = problem === null;
    setText(this.problem, problem ?? '');
    setText(this.length, lengthText(Math.max(0, last - first)));
    const url = clip.name === null || isEmpty ? null : reach.address(`clip/${clip.name}`);
    this.save.href = url ?? '#';
    this.save.toggleAttribute('hidden', url === null);
    this.copy.disabled = url === null;
    this.stage.past?.past?.bar.update();
    this.drawStrip(first, last);
    void this.measure(url);
  }

  /** @param {string | null} url the size is that of the server, without the clip itself */
  async measure(url) {
    this.asked.abort();
    this.asked = new AbortController();
    setText(this.size, '–');
    if (url === null) return;
    try {
      const { signal } = this.asked, response = await fetch(url, { method: 'HEAD', signal });
      const bytes = Number(response.headers.get('Content-Length'));
      setText(this.size, response.ok && bytes > 0 ? sizeText(bytes)
        : response.ok ? 'known when it is saved' : 'not kept any more');
    } catch { /* another span is asked for */ }
  }

  /** @param {number} first @param {number} last */
  drawStrip(first, last) {
    const { extent, stage: { playback: { reach } } } = this;
    if (!extent) return;
    const length = Math.max(1, last - first), from = first - BESIDE * length;
    const all = (1 + 2 * BESIDE) * length;
    const percent = (/** @type {number} */ share) => `${100 * share}%`;
    const images = Array.from({ length: STILLS }, (_, i) => {
      const at = extent.clamp(from + (i + 0.5) / STILLS * all);
      const url = reach.address(`at/${at.toFixed(4)}/${STILL_WIDTH}.jpg`);
      return make('img', { alt: '', ...url && { src: url } });
    });
    const left = BESIDE * length / all, right = 1 - left;
    const shade = { fill: '#000', 'fill-opacity': '.66', height: '100%' };
    this.strip.replaceChildren(...images, makeSVG('svg', {},
      makeSVG('rect', { ...shade, width: percent(left) }),
      makeSVG('rect', { ...shade, x: percent(right), width: percent(left) }),
      makeSVG('rect', {
        x: percent(left), y: '1.5', width: percent(right - left), height: '73', fill: 'none',
        stroke: '#f4bd57', 'stroke-width': '3', rx: '6',
      })));
  }

  close() { this.asked.abort(); }
}

/**
 * A time of day on the day of an instant, Unix s; null for another text.
 * @param {string} text @param {number} near
 */
export function timeOn(text, near) {
  const found = /^\s*(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?\s*$/.exec(text);
  if (!found) return null;
  const [hours, minutes, seconds, ms] = [1, 2, 3].map((i) => Number(found[i] ?? 0))
    .concat(Number((found[4] ?? '').padEnd(3, '0')));
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const date = new Date(near * 1000);
  date.setHours(hours, minutes, seconds, ms);
  return date.getTime() / 1000;
}
