// SPDX-License-Identifier: Apache-2.0
// A window of CEA-708 captions: its rows and its pen (CTA-708-E §8.4 and §8.10.5).

/** The rows of the display, and the units of a vertical anchor, absolute and relative. */
const DISPLAY_ROWS = 15, ABSOLUTE = 75, RELATIVE = 100;
/** The predefined window styles that wrap words. */
const WRAPPING = [4, 5, 6];
/** The tag of text that is not to be displayed. */
const NOT_DISPLAYED = 15;

/** The rows and characters of a window; its memory does not grow. */
export class CaptionWindow {
  /** @param {number[]} parameters the six bytes of DefineWindow */
  constructor(parameters) {
    /** @type {string[][]} characters by row and column */
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
    this.define(parameters);
  }

  /**
   * Takes a definition; characters and pen of a known window stay. Without a style the style is
   * that of before, at first style 1.
   * @param {number[]} parameters six bytes
   */
  define([flags, vertical, , anchor, columns, styles]) {
    const count = (anchor & 0x0F) + 1, from = this.rows;
    this.columns = (columns & 0x3F) + 1;
    this.rows = Array.from({ length: count }, (_, row) => (
      Array.from({ length: this.columns }, (__, column) => from[row]?.[column] ?? ' ')));
    this.row = Math.min(this.row, count - 1);
    this.column = Math.min(this.column, this.columns);
    this.isVisible = (flags & 0x20) !== 0;
    const units = vertical & 0x80 ? RELATIVE : ABSOLUTE;
    // The anchor is at the upper edge, in the middle or at the lower edge of the window.
    this.top = (vertical & 0x7F) * DISPLAY_ROWS / units
      - count * Math.floor(Math.min(anchor >> 4, 8) / 3) / 2;
    const style = styles >> 3 & 7;
    if (style > 0) this.wraps = WRAPPING.includes(style);
    if ((styles & 7) > 0) this.isText = true;
  }

  /** The text, a line for each row that has one. */
  get text() {
    return this.rows.map((row) => row.join('').trim()).filter((line) => line !== '').join('\n');
  }

  /** Removes the characters. The pen stays. */
  clear() { for (const row of this.rows) row.fill(' '); }

  /** @param {number} row @param {number} column within the window, else its nearest ones */
  moveTo(row, column) {
    this.row = Math.min(row, this.rows.length - 1);
    this.column = Math.min(column, this.columns - 1);
  }

  /** @param {number} tags first byte of SetPenAttributes */
  setPenAttributes(tags) { this.isText = tags >> 4 !== NOT_DISPLAYED; }

  /** @param {number} flags third byte of SetWindowAttributes */
  setAttributes(flags) { this.wraps = (flags & 0x40) !== 0; }

  /** @param {string} character */
  write(character) {
    if (this.column >= this.columns) {
      // Without wrapping the last character is replaced.
      if (!this.wraps) this.column = this.columns - 1;
      else if (this.wrap(character)) return;
    }
    this.rows[this.row][this.column] = this.isText ? character : ' ';
    this.column += 1;
  }

  /**
   * Begins another row with the last word of this one.
   * @param {string} next character
   * @returns {boolean} whether it was the space between the words
   */
  wrap(next) {
    const row = this.rows[this.row], start = row.lastIndexOf(' ') + 1;
    const word = next === ' ' || start === 0 ? [] : row.slice(start);
    row.fill(' ', this.columns - word.length);
    this.carriageReturn();
    word.forEach((character, column) => { this.rows[this.row][column] = character; });
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
    this.rows.push(Array(this.columns).fill(' '));
  }

  /** @param {number} code of C0 */
  control(code) {
    switch (code) {
      case 0x08:  // BS
        if (this.column === 0) break;
        this.column -= 1;
        this.rows[this.row][this.column] = ' ';
        break;
      case 0x0C:  // FF
        this.clear();
        this.moveTo(0, 0);
        break;
      case 0x0D:  // CR
        this.carriageReturn();
        break;
      case 0x0E:  // HCR
        this.rows[this.row].fill(' ');
        this.column = 0;
        break;
      default: break;  // NUL, ETX and reserved codes
    }
  }
}
