// SPDX-License-Identifier: Apache-2.0
// A row of large figures, each with its name and a line.

import { make, setText } from '../shared/make.js';

/** The figures by the names of `titles`. */
export class Figures {
  /** @param {string[]} titles */
  constructor(titles) {
    this.element = make('dl', 'figs');
    this.parts = titles.map((title) => {
      const box = make('div'), value = make('dd'), line = make('p');
      box.append(make('dt', '', title), value, line);
      this.element.append(box);
      return { value, line };
    });
  }

  /** @param {[text: string, line: string][]} texts in the order of the titles */
  show(texts) {
    texts.forEach(([text, line], index) => {
      const { value, line: under } = this.parts[index], [number, ...unit] = text.split(' ');
      if (value.textContent !== text) {
        const small = unit.length > 0 ? [' ', make('small', '', unit.join(' '))] : [];
        value.replaceChildren(number, ...small);
      }
      setText(under, line);
    });
  }
}
