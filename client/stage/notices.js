// SPDX-License-Identifier: Apache-2.0
// The words over the display, and the badge of state and latency.

import { element } from './dom.js';
/** @typedef {import('./dom.js').Root} Root */

/** Messages of one player. */
export class Notices {
  /** @param {Root} root */
  constructor(root) {
    this.list = element('messages', HTMLDivElement, root);
    this.dot = element('dot', HTMLSpanElement, root);
    this.stateText = element('state', HTMLSpanElement, root);
    this.latencyText = element('latency', HTMLSpanElement, root);
    this.awayBox = element('away', HTMLDivElement, root);
    this.awayTitle = element('away-title', HTMLElement, root);
    this.awayText = element('away-text', HTMLElement, root);
    /** @type {Map<string, HTMLElement>} */
    this.messages = new Map();
  }

  /**
   * Shows one message per key; without text the message is removed.
   * @param {string} key @param {string | null} [text] @param {string} [style]
   */
  message(key, text, style = '') {
    let line = this.messages.get(key);
    if (!text) {
      line?.remove();
      this.messages.delete(key);
      return;
    }
    if (!line) {
      line = document.createElement('p');
      this.messages.set(key, line);
      this.list.append(line);
    }
    line.className = style;
    if (line.textContent !== text) line.textContent = text;
  }

  /** @param {string} status @param {string} text */
  state(status, text) {
    this.dot.className = status;
    this.stateText.textContent = text;
  }

  /**
   * The latency beside the state; empty without a value.
   * @param {number | null} ms
   */
  latency(ms) {
    const number = ms ?? 0, seconds = `${(number / 1000).toFixed(1)} s`;
    const text = ms === null ? '' : number < 995 ? `${Math.round(number)} ms` : seconds;
    if (this.latencyText.textContent !== text) this.latencyText.textContent = text;
  }

  /**
   * Shows in words that the source is away; an empty title removes the words.
   * @param {string} title @param {string} [text]
   */
  away(title, text = '') {
    this.awayBox.hidden = title === '';
    if (this.awayTitle.textContent !== title) this.awayTitle.textContent = title;
    if (this.awayText.textContent !== text) this.awayText.textContent = text;
  }

  /** Removes all words. */
  clear() {
    for (const key of [...this.messages.keys()]) this.message(key);
    this.away('');
    this.latency(null);
  }
}
