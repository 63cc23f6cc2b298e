// SPDX-License-Identifier: Apache-2.0
// Keeps the shown frame until the first frame after a seek: players that change show black.

import { element } from './dom.js';
/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/** @typedef {import('./dom.js').Root} Root */

/** The kept frame is shown no longer than this without a new one, ms. */
const LONGEST = 10000;

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
    if (canvas.hidden) return;
    const isNew = frames.frames !== this.frames
      && (display !== video || video.readyState > 1 && !video.seeking);
    const isOver = performance.now() - this.since > LONGEST || status.name === 'dead';
    if (isNew || isOver) canvas.hidden = true;
  }
}
