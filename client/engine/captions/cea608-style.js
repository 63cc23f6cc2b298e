// SPDX-License-Identifier: Apache-2.0
// The styles of CEA-608 captions (CTA-608-E §6.2, §7.1 and Annex B.4).

import { PLAIN } from './caption-blocks.js';
/** @typedef {import('./caption-blocks.js').CaptionStyle} CaptionStyle */

/** The colours by number: white, green, blue, cyan, red, yellow, magenta, and black. */
const COLOURS = ['#ffffff', '#00ff00', '#0000ff', '#00ffff', '#ff0000', '#ffff00', '#ff00ff',
  '#000000'];
const ITALICS = 7, BLACK = '#000000ff', SOLID = 'ff', HALF = '80', CLEAR = '00';

/**
 * White is the colour of the style sheet.
 * @param {number} number @returns {CaptionStyle}
 */
const foreground = (number) => (number % ITALICS === 0 ? {} : { color: COLOURS[number] + SOLID });

/**
 * The style after a preamble address code, which begins a row with the colour of the background.
 * @param {number} second byte, from 0x40
 * @returns {CaptionStyle}
 */
export function preambleStyle(second) {
  // A code with an indent is white.
  const number = second & 0x10 ? 0 : second >> 1 & 7;
  return marked(foreground(number), number, second);
}

/**
 * The style after a mid-row code: italics keep the colour, a colour ends italics.
 * @param {number} second byte, 0x20 to 0x2F @param {CaptionStyle} before
 * @returns {CaptionStyle}
 */
export function midRowStyle(second, { color, background }) {
  const number = second >> 1 & 7;
  const kept = number === ITALICS ? color && { color } : foreground(number);
  return marked({ ...kept, ...background && { background } }, number, second);
}

/**
 * @param {CaptionStyle} style @param {number} number @param {number} second its lowest bit
 * @returns {CaptionStyle}
 */
function marked(style, number, second) {
  return {
    ...style, ...number === ITALICS && { isItalic: true },
    ...(second & 1) === 1 && { isUnderlined: true },
  };
}

/**
 * The style after a code for the background, or for black characters; null for another code.
 * @param {number} first byte, 0x10 or 0x17 @param {number} second byte @param {CaptionStyle} before
 * @returns {CaptionStyle | null}
 */
export function attributeStyle(first, second, before) {
  if (first === 0x10 && second < 0x30) {
    const opacity = (second & 1) === 1 ? HALF : SOLID;
    return { ...before, background: COLOURS[second >> 1 & 7] + opacity };
  }
  if (first !== 0x17 || second < 0x2D || second > 0x2F) return null;
  if (second === 0x2D) return { ...before, background: COLOURS[7] + CLEAR };
  const { background } = before;
  return marked({ color: BLACK, ...background && { background } }, 0, second);
}

/**
 * The style of the space that a code takes.
 * @param {CaptionStyle} style @returns {CaptionStyle}
 */
export function spaceStyle({ background }) { return background ? { background } : PLAIN; }
