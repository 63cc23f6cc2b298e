// SPDX-License-Identifier: Apache-2.0
// The captions over the display, and the menu of their languages.

import { element } from './dom.js';
/** @typedef {import('../engine/captions/captions.js').CaptionChoice} CaptionChoice */
/** @typedef {import('./dom.js').Root} Root */

/** Shows lines of text, which are never read as HTML. */
export class CaptionView {
  /**
   * @param {Root} root @param {(index: number) => void} onChoice of a language; −1 for none
   * @param {AbortSignal} signal ends the listener
   */
  constructor(root, onChoice, signal) {
    this.box = element('captions', HTMLDivElement, root);
    this.menu = element('caption-track', HTMLSelectElement, root);
    this.label = element('caption-language', HTMLLabelElement, root);
    this.menu.addEventListener('change', () => onChoice(this.menu.selectedIndex - 1), { signal });
  }

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

  /**
   * Fills the menu; it is hidden without captions.
   * @param {CaptionChoice | null} choice
   */
  showChoice(choice) {
    this.label.hidden = !choice;
    if (!choice) return;
    // "CC" tells the languages from those of the audio. Without a language a channel is named CC1,
    // and a service SERVICE1.
    const names = ['Captions off',
      ...choice.names.map((name) => (/^(CC|SERVICE)\d+$/.test(name) ? name : `CC ${name}`))];
    const { options } = this.menu;
    if ([...options].map(({ text }) => text).join('\n') !== names.join('\n')) {
      this.menu.replaceChildren(...names.map((name, i) => new Option(name, `${i}`)));
    }
    this.menu.selectedIndex = choice.current + 1;
  }
}
