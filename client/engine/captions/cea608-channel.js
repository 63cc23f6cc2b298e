// SPDX-License-Identifier: Apache-2.0
// One channel of CEA-608 captions: its memories and its modes (CTA-608-E §7 and Annex C).

import { PLAIN, rowText, runsOf } from './caption-blocks.js';
import { attributeStyle, midRowStyle, preambleStyle, spaceStyle } from './cea608-style.js';
/** @typedef {import('./caption-blocks.js').CaptionBlock} CaptionBlock */
/** @typedef {import('./caption-blocks.js').Cell} Cell */

const ROWS = 15, COLUMNS = 32;

/** The first row of a preamble address code, by the low bits of its first byte. */
const ADDRESSED_ROWS = [11, 1, 3, 12, 14, 5, 7, 9];

/**
 * `none`: before a command; `text`: for the text service, which is not shown.
 * @typedef {'none' | 'pop-on' | 'roll-up' | 'paint-on' | 'text'} CaptionMode
 */

/** @typedef {(Cell | null)[][]} Memory characters by row and column */

/** @returns {(Cell | null)[]} */
const newRow = () => Array(COLUMNS).fill(null);
/** @returns {Memory} */
const newMemory = () => Array.from({ length: ROWS }, newRow);

/** The rows and characters of a channel; its memory does not grow. */
export class CaptionChannel {
  constructor() {
    /** @type {CaptionMode} */
    this.mode = 'none';
    this.shown = newMemory();
    this.hidden = newMemory();
    /** The row from 0, and the column of the next character. */
    this.row = ROWS - 1;
    this.column = 0;
    /** The number of rows of roll-up captions. */
    this.depth = 2;
    /** The style of the next character. */
    this.style = PLAIN;
  }

  /** The memory that characters are written to; null if they are not for captions. */
  get target() {
    if (this.mode === 'none' || this.mode === 'text') return null;
    return this.mode === 'pop-on' ? this.hidden : this.shown;
  }

  /** The shown text, a line for each row. */
  get text() {
    return this.shown.map(rowText).filter((line) => line !== '').join('\n');
  }

  /**
   * The shown rows at their places.
   * @returns {CaptionBlock[]}
   */
  get blocks() {
    return this.shown.flatMap((cells, row) => {
      if (rowText(cells) === '') return [];
      const column = cells.findIndex((cell) => cell !== null);
      return [{ place: { row, column }, lines: [runsOf(cells.slice(column))] }];
    });
  }

  /** @param {string} character @param {import('./caption-blocks.js').CaptionStyle} [style] */
  write(character, style = this.style) {
    const { target } = this;
    if (!target) return;
    target[this.row][Math.min(this.column, COLUMNS - 1)] = { character, style };
    this.column = Math.min(this.column + 1, COLUMNS);
  }

  /** Removes the character before the cursor. */
  backspace() {
    if (!this.target || this.column === 0) return;
    this.column -= 1;
    this.target[this.row][this.column] = null;
  }

  /**
   * A mid-row code: the style of the characters that follow. It takes one column.
   * @param {number} second byte, 0x20 to 0x2F
   */
  setStyle(second) {
    this.style = midRowStyle(second, this.style);
    this.write(' ', spaceStyle(this.style));
  }

  /**
   * A code for the background or for black characters. It replaces the space before it, which is
   * for decoders without these codes.
   * @param {number} first byte, 0x10 or 0x17 @param {number} second byte, 0x20 to 0x2F
   */
  setAttributes(first, second) {
    const style = attributeStyle(first, second, this.style);
    if (!style) return;
    this.style = style;
    this.backspace();
    this.write(' ', spaceStyle(style));
  }

  /** @param {number} count of columns */
  tab(count) { this.column = Math.min(this.column + count, COLUMNS - 1); }

  /**
   * A preamble address code: the row, the indent and the style.
   * @param {number} first byte, 0x10 to 0x17 @param {number} second byte, from 0x40
   */
  address(first, second) {
    if (!this.target) return;
    this.style = preambleStyle(second);
    const row = ADDRESSED_ROWS[first & 7] - 1 + (second & 0x20 && first !== 0x10 ? 1 : 0);
    if (this.mode === 'roll-up') this.moveTo(Math.max(row, this.depth - 1));
    else this.row = row;
    this.column = second & 0x10 ? (second & 0x0E) * 2 : 0;
  }

  /**
   * Moves the rows of roll-up captions to another base row.
   * @param {number} base row from 0
   */
  moveTo(base) {
    if (base === this.row) return;
    const rows = this.shown.slice(Math.max(0, this.row - this.depth + 1), this.row + 1);
    this.shown = newMemory();
    this.shown.splice(base - rows.length + 1, rows.length, ...rows);
    this.row = base;
  }

  /** @param {number} depth number of rows */
  rollUp(depth) {
    if (this.mode !== 'roll-up') {
      this.shown = newMemory();
      this.hidden = newMemory();
      this.row = ROWS - 1;
      this.column = 0;
      this.style = PLAIN;
    }
    this.mode = 'roll-up';
    this.depth = depth;
    this.moveTo(Math.max(this.row, depth - 1));
    this.shown = this.shown.map((row, i) => (i > this.row - depth ? row : newRow()));
  }

  /** The next line of roll-up captions. */
  carriageReturn() {
    if (this.mode !== 'roll-up') return;
    const top = this.row - this.depth + 1;
    this.shown.splice(top, 1);
    this.shown.splice(this.row, 0, newRow());
    this.column = 0;
    this.style = PLAIN;
  }

  /**
   * A miscellaneous command.
   * @param {number} code second byte, 0x20 to 0x2F
   */
  command(code) {
    switch (code) {
      case 0x20: this.mode = 'pop-on'; break;
      case 0x21: this.backspace(); break;
      case 0x24: this.target?.[this.row].fill(null, this.column); break;
      case 0x25: case 0x26: case 0x27: this.rollUp(code - 0x23); break;
      case 0x29: this.mode = 'paint-on'; break;
      case 0x2A: case 0x2B: this.mode = 'text'; break;
      case 0x2C: this.shown = newMemory(); break;
      case 0x2D: this.carriageReturn(); break;
      case 0x2E: this.hidden = newMemory(); break;
      case 0x2F:
        [this.shown, this.hidden] = [this.hidden, this.shown];
        this.mode = 'pop-on';
        break;
      default: break;  // flash and alarm
    }
  }
}
