// SPDX-License-Identifier: Apache-2.0
// The captions over the display.

import { element } from './dom.js';
/** @typedef {import('./dom.js').Root} Root */

/** Shows lines of text, which are never read as HTML. */
export class CaptionView {
  /** @param {Root} root */
  constructor(root) { this.box = element('captions', HTMLDivElement, root); }

  /**
   * @param {string} text one or several lines; empty for none
   * @param {(box: HTMLElement) => void} [place] shows a text that has places and styles
   */
  show(text, place) {
    this.box.removeAttribute('style');
    this.box.hidden = text === '';
    if (text && place) {
      place(this.box);
      return;
    }
    const lines = text === '' ? [] : text.split('\n').map((line) => {
      const row = document.createElement('p'), words = document.createElement('span');
      words.dir = 'auto';
      words.textContent = line;
      row.append(words);
      return row;
    });
    this.box.replaceChildren(...lines);
  }
}
