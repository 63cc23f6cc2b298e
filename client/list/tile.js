// SPDX-License-Identifier: Apache-2.0
// One stream in the list: a link with its still, its name and its state.

import { outageWords } from '../shared/outage.js';
import { stateText } from './listing.js';
import { drawServedStill } from './served-still.js';
import { drawStill } from './still.js';
/** @typedef {import('./listing.js').ListedStream} ListedStream */

/** The elements of one stream. */
export class Tile {
  /** @param {ListedStream} stream */
  constructor(stream) {
    this.stream = stream;
    this.drawnAt = -Infinity;
    this.element = document.createElement('li');
    const link = document.createElement('a');
    this.still = document.createElement('span');
    this.canvas = document.createElement('canvas');
    const name = document.createElement('span');
    this.state = document.createElement('span');
    link.href = `${encodeURIComponent(stream.name)}/`;
    this.still.className = 'picture';
    this.still.setAttribute('aria-hidden', 'true');
    name.className = 'name';
    name.textContent = stream.label;
    link.append(this.still, name, this.state);
    this.element.append(link);
    this.update(stream);
  }

  /** Whether it has stills. Those of a stream on demand would keep it running. */
  get hasStills() { return this.stream.state === 'live' && !this.stream.isOnDemand; }

  /** @param {ListedStream} stream */
  update(stream) {
    this.stream = stream;
    this.state.className = `state ${stream.state}`;
    const text = stateText(stream, Date.now());
    if (this.state.textContent !== text) this.state.textContent = text;
    if (this.canvas.isConnected || stream.state === 'live') return;
    const title = stream.outage ? outageWords(stream.outage).title : '';
    if (this.still.textContent !== title) this.still.textContent = title;
  }

  /**
   * Draws a still. The other way is tried if the first one has none: this browser may not play the
   * video, the server may not make stills at present.
   * @param {AbortSignal} stop @param {number} now the clock of the server, Unix ms
   * @param {boolean} isServed whether the server decodes it, not this page
   */
  async draw(stop, now, isServed) {
    this.drawnAt = performance.now();
    const stream = new URL(`${encodeURIComponent(this.stream.name)}/`, location.href).href;
    const ways = [
      () => drawStill(`${stream}ll.m3u8`, this.canvas, stop),
      () => drawServedStill(stream, this.canvas, now, stop),
    ];
    if (isServed) ways.reverse();
    for (const draw of ways) {
      try {
        await draw();
        if (!this.canvas.isConnected) this.still.replaceChildren(this.canvas);
        return;
      } catch { /* the other way */ }
    }
    if (!this.canvas.isConnected) this.still.textContent = 'No picture';
  }
}
