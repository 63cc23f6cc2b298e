// SPDX-License-Identifier: Apache-2.0
// Characters with their styles, and the blocks of a display that they are in.

/**
 * The style of a character. Absent members are those of the viewer's style sheet. Colours are
 * `#rrggbbaa`.
 * @typedef {object} CaptionStyle
 * @property {string} [color]
 * @property {string} [background]
 * @property {boolean} [isItalic]
 * @property {boolean} [isUnderlined]
 * @property {number} [font] the number of a font tag of CEA-708, 1 to 7
 * @property {number} [size] times the standard size
 * @property {'sub' | 'super'} [offset]
 * @property {string} [edge] the colour of an outline or a shadow
 */

/** @typedef {{ character: string, style: CaptionStyle }} Cell */
/**
 * Characters of one style; without a style they are blank.
 * @typedef {{ text: string, style: CaptionStyle | null }} CaptionRun
 */

/**
 * Rows of text at one place: a row of the grid of CEA-608, a window of CEA-708, or cues.
 *
 * `place` is a row and a column of 15 × 32; or an anchor (CTA-708-E §8.4.4): the parts of width and
 * height of the safe area, and which point of the window is there, from 0 to 8; or the upper edge
 * of cues, percent of the height, null above the lower edge.
 * @typedef {object} CaptionBlock
 * @property {CaptionRun[][]} lines
 * @property {{ row: number, column: number } | { x: number, wideX: number, y: number,
 *   anchor: number } | { line: number | null }} place `wideX`: in a picture that is wider than 4:3
 * @property {number} [columns] the width of the window
 * @property {'left' | 'right' | 'center' | 'justify' | 'start' | 'end'} [align] `left` by default
 * @property {string} [fill] the colour of the window
 */

/**
 * The style of characters that have none.
 * @type {CaptionStyle}
 */
export const PLAIN = {};

/** @param {(Cell | null)[]} row @returns {string} */
export const rowText = (row) => row.map((cell) => cell?.character ?? ' ').join('').trim();

/**
 * The characters of a row, those of one style in one run; blank ends are left out.
 * @param {(Cell | null)[]} row
 * @returns {CaptionRun[]}
 */
export function runsOf(row) {
  /** @type {CaptionRun[]} */
  const runs = [];
  let key = '';
  /** @type {CaptionStyle | null | undefined} */
  let last;
  const end = row.length - [...row].reverse().findIndex((cell) => cell !== null);
  for (const cell of row.some((one) => one) ? row.slice(0, end) : []) {
    const style = cell?.style ?? null;
    // Most neighbours share the object.
    const next = style === last ? key : JSON.stringify(style);
    if (runs.length === 0 || next !== key) runs.push({ text: '', style });
    [key, last] = [next, style];
    runs[runs.length - 1].text += cell?.character ?? ' ';
  }
  return runs;
}
