// SPDX-License-Identifier: Apache-2.0
// The dialog that chooses the streams of the wall.

import { make, setText } from '../shared/make.js';
import { drawServedStill, stillPaths } from '../shared/served-still.js';
import { MOST_STREAMS } from './layout.js';

/** The width of a still, and the number of streams from which on they can be searched. */
const WIDTH = 120, LEAST_FOR_SEARCH = 8;

/**
 * A stream: `label` is its name for people; `since`: it has frames since then, Unix ms, 0 if
 * unknown.
 * @typedef {{ name: string, label: string, since: number, hasStills: boolean }} Choosable
 */

/** @param {string} id @returns {any} */
const find = (id) => document.getElementById(id);

/** The dialog; it opens with the streams of the server and those of the wall. */
export class Picker {
  /** @param {(words: string[]) => void} onChosen the words of the chosen streams, in order */
  constructor(onChosen) {
    this.onChosen = onChosen;
    /** @type {HTMLDialogElement} */
    this.dialog = find('picker');
    /** @type {HTMLInputElement} */
    this.query = find('picker-query');
    /** @type {{ word: string, box: HTMLInputElement, row: HTMLElement, text: string }[]} */
    this.rows = [];
    /** @type {string[]} the chosen words, in the order of the wall */
    this.chosen = [];
    find('picker-close').addEventListener('click', () => this.dialog.close());
    find('picker-all').addEventListener('click', () => {
      this.chosen = this.rows.map(({ word }) => word).slice(0, MOST_STREAMS);
      this.show();
    });
    find('picker-show').addEventListener('click', () => {
      this.dialog.close();
      this.onChosen(this.chosen);
    });
    this.query.addEventListener('input', () => this.show());
    // A click beside the dialog has its backdrop as the target: the element itself.
    this.dialog.addEventListener('click', ({ target, clientX, clientY }) => {
      const { left, right, top, bottom } = this.dialog.getBoundingClientRect();
      const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
      if (target === this.dialog && !isInside) this.dialog.close();
    });
  }

  /**
   * @param {Choosable[]} streams of the server @param {string[]} words of the wall
   */
  open(streams, words) {
    const names = new Set(streams.map(({ name }) => name));
    const foreign = words.filter((word) => !names.has(word))
      .map((word) => ({ name: word, label: word, since: 0, hasStills: false }));
    const all = [...streams, ...foreign];
    this.chosen = [...words];
    this.query.value = '';
    find('picker-search').hidden = all.length < LEAST_FOR_SEARCH;
    this.rows = all.map(({ name, label }) => {
      const row = make('label'), box = make('input'), canvas = make('canvas');
      box.type = 'checkbox';
      canvas.setAttribute('aria-hidden', 'true');
      box.addEventListener('change', () => this.choose(name, box.checked));
      row.append(box, canvas, make('span', 'cut', label));
      return { word: name, box, row, text: `${label} ${name}`.toLowerCase() };
    });
    find('picks').replaceChildren(...this.rows.map(({ row }) => row));
    this.show();
    this.dialog.showModal();
    void this.draw(all);
  }

  /** @param {string} word @param {boolean} isChosen */
  choose(word, isChosen) {
    this.chosen = isChosen ? [...this.chosen, word] : this.chosen.filter((one) => one !== word);
    this.show();
  }

  show() {
    const isFull = this.chosen.length >= MOST_STREAMS, count = this.chosen.length;
    const query = this.query.value.trim().toLowerCase();
    for (const { word, box, row, text } of this.rows) {
      box.checked = this.chosen.includes(word);
      box.disabled = isFull && !box.checked;
      row.hidden = !text.includes(query);
    }
    const kept = 'Kept in the address, so a bookmark opens the same wall.';
    setText(find('picker-words'), this.rows.length === 0 ? 'This server has no stream for you yet.'
      : isFull ? `${count} chosen, which is the most. ${kept}` : `${count} chosen. ${kept}`);
    find('picker-show').disabled = count === 0;
    setText(find('picker-show'), count === 1 ? 'Show 1 stream' : `Show ${count} streams`);
    const most = Math.min(MOST_STREAMS, this.rows.length);
    find('picker-all').hidden = this.rows.length === 0;
    setText(find('picker-all'), most < this.rows.length ? `First ${most}` : `All ${most}`);
  }

  /**
   * Draws one still after another while the dialog is open.
   * @param {Choosable[]} streams
   */
  async draw(streams) {
    const stop = new AbortController(), { rows } = this;
    this.dialog.addEventListener('close', () => stop.abort(), { once: true });
    for (const [index, { name, since, hasStills }] of streams.entries()) {
      if (stop.signal.aborted) return;
      const canvas = rows[index].row.querySelector('canvas');
      if (!hasStills || !canvas) continue;
      const address = new URL(`${encodeURIComponent(name)}/`, location.href).href;
      const paths = stillPaths(Date.now(), WIDTH, since);
      await drawServedStill(address, canvas, paths, stop.signal).catch(() => {});
    }
  }
}
