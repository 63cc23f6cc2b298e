// SPDX-License-Identifier: Apache-2.0
// A window of CEA-708 captions: its rows and its pen (CTA-708-E §8.4 and §8.10.5).

import { rowText, runsOf } from './caption-blocks.js';
import { colourOf, justificationOf, Pen, predefinedJustification } from './cea708-style.js';
/** @typedef {import('./caption-blocks.js').CaptionBlock} CaptionBlock */
/** @typedef {import('./caption-blocks.js').Cell} Cell */

/** The rows of the display, and the units of a vertical anchor, absolute and relative. */
const DISPLAY_ROWS = 15, ABSOLUTE = 75, RELATIVE = 100;
/** The units of an absolute horizontal anchor, in pictures of 4:3 and of 16:9. */
const NARROW = 160, WIDE = 210;
/** The predefined window styles that wrap words. */
const WRAPPING = [4, 5, 6];
/** The tag of text that is not to be displayed. */
const NOT_DISPLAYED = 15;

/** The rows and characters of a window; its memory does not grow. */
export class CaptionWindow {
  /** @param {number[]} parameters the six bytes of DefineWindow */
  constructor(parameters) {
    /** @type {(Cell | null)[][]} characters by row and column */
    this.rows = [];
    this.columns = 1;
    /** The row and the column of the next character; the column is that of `columns` at the end. */
    this.row = 0;
    this.column = 0;
    this.isVisible = false;
    /** The upper edge, rows of the display. */
    this.top = 0;
    /** Whether words that exceed a row are moved to the next one. */
    this.wraps = false;
    /** Whether the characters are for viewers. */
    this.isText = true;
    this.pen = new Pen();
    /** @type {CaptionBlock['place']} */
    this.place = { x: 0, wideX: 0, y: 0, anchor: 0 };
    /** @type {CaptionBlock['align']} */
    this.align = 'left';
    /** The colour of the window, if the captions set one. */
    this.fill = '';
    this.define(parameters);
  }

  /**
   * Takes a definition; characters and pen of a known window stay. Without a style the style is
   * that of before, at first style 1.
   * @param {number[]} parameters six bytes
   */
  define([flags, vertical, horizontal, anchor, columns, styles]) {
    const count = (anchor & 0x0F) + 1, from = this.rows;
    this.columns = (columns & 0x3F) + 1;
    this.rows = Array.from({ length: count }, (_, row) => (
      Array.from({ length: this.columns }, (__, column) => from[row]?.[column] ?? null)));
    this.row = Math.min(this.row, count - 1);
    this.column = Math.min(this.column, this.columns);
    this.isVisible = (flags & 0x20) !== 0;
    const isRelative = (vertical & 0x80) > 0, units = isRelative ? RELATIVE : ABSOLUTE;
    const point = Math.min(anchor >> 4, 8), part = (/** @type {number} */ most) => (
      Math.min(1, horizontal / (isRelative ? RELATIVE : most)));
    this.place = {
      x: part(NARROW), wideX: part(WIDE), y: Math.min(1, (vertical & 0x7F) / units), anchor: point,
    };
    // The anchor is at the upper edge, in the middle or at the lower edge of the window.
    this.top = (vertical & 0x7F) * DISPLAY_ROWS / units
      - count * Math.floor(point / 3) / 2;
    const style = styles >> 3 & 7;
    if (style > 0) {
      this.wraps = WRAPPING.includes(style);
      this.align = predefinedJustification(style);
      this.fill = '';
    }
    if ((styles & 7) === 0) return;
    this.isText = true;
    this.pen.predefine(styles & 7);
  }

  /** The text, a line for each row that has one. */
  get text() { return this.rows.map(rowText).filter((line) => line !== '').join('\n'); }

  /**
   * The window with its rows, also those without a text.
   * @returns {CaptionBlock}
   */
  get block() {
    const { align, columns, fill, place, rows } = this;
    return { place, columns, align, ...fill && { fill }, lines: rows.map(runsOf) };
  }

  /** Removes the characters. The pen stays. */
  clear() { for (const row of this.rows) row.fill(null); }

  /** @param {number} row @param {number} column within the window, else its nearest ones */
  moveTo(row, column) {
    this.row = Math.min(row, this.rows.length - 1);
    this.column = Math.min(column, this.columns - 1);
  }

  /** @param {number} tags @param {number} attributes the bytes of SetPenAttributes */
  setPenAttributes(tags, attributes) {
    this.isText = tags >> 4 !== NOT_DISPLAYED;
    this.pen.setAttributes(tags, attributes);
  }

  /** @param {number} fill @param {number} flags first and third byte of SetWindowAttributes */
  setAttributes(fill, flags) {
    this.fill = colourOf(fill);
    this.wraps = (flags & 0x40) !== 0;
    this.align = justificationOf(flags);
  }

  /** @param {string} character */
  write(character) {
    if (this.column >= this.columns) {
      // Without wrapping the last character is replaced.
      if (!this.wraps) this.column = this.columns - 1;
      else if (this.wrap(character)) return;
    }
    this.rows[this.row][this.column] = this.isText ? { character, style: this.pen.style } : null;
    this.column += 1;
  }

  /**
   * Begins another row with the last word of this one.
   * @param {string} next character
   * @returns {boolean} whether it was the space between the words
   */
  wrap(next) {
    const row = this.rows[this.row];
    const start = row.map((cell) => cell?.character ?? ' ').lastIndexOf(' ') + 1;
    const word = next === ' ' || start === 0 ? [] : row.slice(start);
    row.fill(null, this.columns - word.length);
    this.carriageReturn();
    word.forEach((cell, column) => { this.rows[this.row][column] = cell; });
    this.column = word.length;
    return next === ' ';
  }

  /** The next row; after the last one the rows move up. */
  carriageReturn() {
    this.column = 0;
    if (this.row + 1 < this.rows.length) {
      this.row += 1;
      return;
    }
    this.rows.shift();
    this.rows.push(Array(this.columns).fill(null));
  }

  /** @param {number} code of C0 */
  control(code) {
    switch (code) {
      case 0x08:  // BS
        if (this.column === 0) break;
        this.column -= 1;
        this.rows[this.row][this.column] = null;
        break;
      case 0x0C:  // FF
        this.clear();
        this.moveTo(0, 0);
        break;
      case 0x0D:  // CR
        this.carriageReturn();
        break;
      case 0x0E:  // HCR
        this.rows[this.row].fill(null);
        this.column = 0;
        break;
      default: break;  // NUL, ETX and reserved codes
    }
  }
}
