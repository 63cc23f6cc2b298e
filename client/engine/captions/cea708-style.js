// SPDX-License-Identifier: Apache-2.0
// The pens and the attributes of windows of CEA-708 captions (CTA-708-E §8.5 and §8.10.5).

/** @typedef {import('./caption-blocks.js').CaptionStyle} CaptionStyle */

/** The opacities by number: solid, flashing, translucent and transparent. Nothing flashes here. */
const OPACITIES = ['ff', 'ff', '80', '00'];
/** The sizes of pens by number, times the standard size. */
const SIZES = [0.75, 1, 1.25];
const TRANSPARENT = '#00000000', EDGE = '#000000ff';
/** The types of justification by number. */
const JUSTIFICATIONS = /** @type {const} */ (['left', 'right', 'center', 'justify']);
/** The predefined window styles that are centred. */
const CENTRED = [3, 6];

/** @param {number} byte two bits each for opacity, red, green and blue */
export function colourOf(byte) {
  const parts = [4, 2, 0].map((shift) => (85 * (byte >> shift & 3)).toString(16).padStart(2, '0'));
  return `#${parts.join('')}${OPACITIES[byte >> 6]}`;
}

/** Attributes and colours of the characters that follow. */
export class Pen {
  constructor() {
    /** @type {CaptionStyle} */
    this.attributes = {};
    /** @type {CaptionStyle} */
    this.colours = {};
    this.edgeColour = EDGE;
    this.hasEdge = false;
    /** @type {CaptionStyle} of the next character */
    this.style = {};
  }

  /** @param {number} number of a predefined style, 1 to 7 (§8.12) */
  predefine(number) {
    this.attributes = number > 1 ? { font: [1, 2, 3, 4, 3, 4][number - 2] } : {};
    this.hasEdge = number > 5;
    this.edgeColour = EDGE;
    this.colours = number > 5 ? { background: TRANSPARENT } : {};
    this.update();
  }

  /**
   * SetPenAttributes.
   * @param {number} first byte: tag, offset and size @param {number} second italics, edge, font
   */
  setAttributes(first, second) {
    const size = SIZES[first & 3] ?? 1, offset = first >> 2 & 3, font = second & 7;
    this.attributes = {
      ...size !== 1 && { size }, ...font > 0 && { font },
      ...offset === 0 && { offset: /** @type {const} */ ('sub') },
      ...offset === 2 && { offset: /** @type {const} */ ('super') },
      ...(second & 0x80) > 0 && { isItalic: true },
      ...(second & 0x40) > 0 && { isUnderlined: true },
    };
    const edge = second >> 3 & 7;
    this.hasEdge = edge > 0 && edge < 6;
    this.update();
  }

  /**
   * SetPenColor.
   * @param {number} color @param {number} background @param {number} edge without an opacity
   */
  setColours(color, background, edge) {
    this.colours = { color: colourOf(color), background: colourOf(background) };
    this.edgeColour = colourOf(edge & 0x3F);
    this.update();
  }

  update() {
    this.style = {
      ...this.attributes, ...this.colours, ...this.hasEdge && { edge: this.edgeColour },
    };
  }
}

/** @param {number} byte third one of SetWindowAttributes */
export const justificationOf = (byte) => JUSTIFICATIONS[byte & 3];

/** @param {number} style of a window @returns {'left' | 'center'} */
export const predefinedJustification = (style) => (CENTRED.includes(style) ? 'center' : 'left');
