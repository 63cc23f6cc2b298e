// SPDX-License-Identifier: Apache-2.0
// One stream in the list: a link with its still, its name and its state.

import { outageWords } from '../shared/outage.js';
import { stateText } from './listing.js';
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

  /** @param {AbortSignal} stop */
  async draw(stop) {
    this.drawnAt = performance.now();
    try {
      await drawStill(
        new URL(`${encodeURIComponent(this.stream.name)}/ll.m3u8`, location.href).href,
        this.canvas, stop);
      if (!this.canvas.isConnected) this.still.replaceChildren(this.canvas);
    } catch {
      if (!this.canvas.isConnected) this.still.textContent = 'No picture';
    }
  }
}
