// SPDX-License-Identifier: Apache-2.0
// Keeps the shown frame until the first frame after a seek: players that change show black.

import { element } from './dom.js';
/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/** @typedef {import('./dom.js').Root} Root */

/** The kept frame is shown no longer than this without a new one, ms. */
const LONGEST = 10000;
/** A picture that stands still for this time is kept: its player may be replaced, ms. */
const STILL = 300;

/** A canvas over the display. */
export class FrameHold {
  /** @param {Root} root @param {Playback} playback */
  constructor(root, playback) {
    this.playback = playback;
    this.canvas = element('held', HTMLCanvasElement, root);
    this.canvas.hidden = true;
    /** The frames that were counted before. */
    this.frames = 0;
    this.since = 0;
    /** The number of frames at the last call, and since when. */
    this.last = { frames: -1, since: 0 };
    /** Whether the frame stays until the next one, however long that takes. */
    this.isLast = false;
  }

  /**
   * Keeps the last picture of a stream whose frames do not come any more.
   * @param {number} now
   */
  keepLast(now) {
    const { frames: { frames }, isPaused, isPast, video } = this.playback, { last } = this;
    if (last.frames !== frames || isPaused || isPast) {
      this.last = { frames, since: now };
      return;
    }
    if (now - last.since < STILL || frames === 0 || this.isLast || document.hidden) return;
    if (video.readyState < 2 && !this.canvas.hidden) return;
    this.take();
    this.isLast = !this.canvas.hidden;
  }

  /** Called while the frame before the seek is still shown. */
  take() {
    const { canvas, playback: { video, frames } } = this, next = video.nextElementSibling;
    const isCanvas = next instanceof HTMLCanvasElement && next !== canvas;
    const source = isCanvas ? next : video;
    const [width, height] = source instanceof HTMLVideoElement
      ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
    this.frames = frames.frames;
    this.since = performance.now();
    // Of two seeks in a row the second one has no frame: that of the first one stays.
    if (width === 0 || height === 0 || !isCanvas && video.readyState < 2) return;
    if (!canvas.hidden && video.seeking) return;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d', { alpha: false })?.drawImage(source, 0, 0);
    canvas.hidden = false;
  }

  /** Called every 50 ms. */
  update() {
    const { canvas, playback: { display, frames, status, video } } = this;
    this.keepLast(performance.now());
    if (canvas.hidden) return;
    const isNew = frames.frames !== this.frames
      && (display !== video || video.readyState > 1 && !video.seeking);
    const isOver = !this.isLast && performance.now() - this.since > LONGEST
      || status.name === 'dead' && !this.isLast;
    if (!isNew && !isOver) return;
    canvas.hidden = true;
    this.isLast = false;
  }
}
