// SPDX-License-Identifier: Apache-2.0
// A service of CEA-708 captions: its commands, and its windows (CTA-708-E §7 and §8).

import { characterOf, extendedCharacterOf, wideCharacterOf } from './cea708-characters.js';
import { CaptionWindow } from './cea708-window.js';

/** The codes that have a name here. */
const EXT1 = 0x10, P16 = 0x18, CLEAR = 0x88, DISPLAY = 0x89, TOGGLE = 0x8B, DELETE = 0x8C;
const DELAY = 0x8D, DELAY_CANCEL = 0x8E, RESET = 0x8F, PEN_ATTRIBUTES = 0x90;
const PEN_COLOUR = 0x91, PEN_LOCATION = 0x92, WINDOW_ATTRIBUTES = 0x97, DEFINE = 0x98;
/** The bytes after each code of C1, from 0x80. */
const PARAMETERS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 2, 3, 2, 0, 0, 0, 0, 4,
  6, 6, 6, 6, 6, 6, 6, 6];
const WINDOWS = 8;
/** The bytes of the input buffer; a delay ends when it is full (CTA-708-E §8.4.9). */
const LARGEST_INPUT = 128;

/** @param {number} code whether it is a character: G0 and G1, and after EXT1 G2 and G3 */
const isCharacter = (code) => (code & 0x7F) >= 0x20;

/**
 * The bytes of the code at an index; at least one more than there are if its size is unknown yet.
 * @param {number[]} input @param {number} index
 */
function sizeAt(input, index) {
  const code = input[index];
  if (code !== EXT1) {
    if (code >= 0x80 && code < 0xA0) return 1 + PARAMETERS[code - 0x80];
    return code < 0x20 ? 1 + Math.max(0, (code >> 3) - 1) : 1;
  }
  const second = input[index + 1] ?? 0x20;
  if (second < 0x20) return 2 + (second >> 3);  // C2
  if (second < 0x80 || second >= 0xA0) return 2;
  if (second < 0x90) return second < 0x88 ? 6 : 7;  // C3
  return 3 + ((input[index + 2] ?? 0) & 0x1F);
}

/** Takes the bytes of one service in their order; its memory does not grow. */
export class CaptionService {
  /** @param {() => void} onCaptions the first character was written */
  constructor(onCaptions) {
    this.onCaptions = onCaptions;
    this.hasCaptions = false;
    /** @type {number[]} bytes that wait for the rest of their command, or for a delay's end */
    this.input = [];
    /** The end of the delay, Unix ms; −Infinity without one. */
    this.delayEnd = -Infinity;
    /** @type {(CaptionWindow | null)[]} */
    this.windows = Array(WINDOWS).fill(null);
    /** The number of the current window. */
    this.current = 0;
  }

  /** Deletes the windows, and the bytes that wait. */
  reset() {
    this.input = [];
    this.delayEnd = -Infinity;
    this.windows.fill(null);
  }

  /** @param {number[]} bytes of a block @param {number} time of its frame, Unix ms */
  take(bytes, time) {
    this.advance(time);
    this.input.push(...bytes);
    this.read(time);
    // Each turn reads at least the command that has begun the delay.
    while (this.delayEnd > time && (this.input.length >= LARGEST_INPUT || this.endsDelay())) {
      this.delayEnd = -Infinity;
      this.read(time);
    }
  }

  /**
   * Reads the bytes that were delayed until an instant.
   * @param {number} time Unix ms
   */
  advance(time) {
    while (this.delayEnd > -Infinity && this.delayEnd <= time) {
      const end = this.delayEnd;
      this.delayEnd = -Infinity;
      this.read(end);
    }
  }

  /** Whether the delayed bytes have a command that ends the delay. */
  endsDelay() {
    const { input } = this;
    for (let index = 0; index < input.length; index += sizeAt(input, index)) {
      if (input[index] === DELAY_CANCEL || input[index] === RESET) return true;
    }
    return false;
  }

  /**
   * Reads whole codes until a delay.
   * @param {number} time Unix ms
   */
  read(time) {
    const { input } = this;
    let index = 0;
    while (index < input.length && this.delayEnd <= time) {
      const end = index + sizeAt(input, index);
      if (end > input.length) break;
      const [code, ...parameters] = input.slice(index, end);
      this.perform(code, parameters, time);
      index = end;
    }
    this.input = input.slice(index);
  }

  /**
   * @param {number} code @param {number[]} parameters as many as `sizeAt` tells
   * @param {number} time Unix ms
   */
  perform(code, parameters, time) {
    const window = this.windows[this.current], [first, second] = parameters;
    if (code === EXT1) {
      if (isCharacter(first)) this.write(extendedCharacterOf(first));
    } else if (code === P16) this.write(wideCharacterOf(first << 8 | second));
    else if (isCharacter(code)) this.write(characterOf(code));
    else if (code < 0x20) window?.control(code);
    else if (code < CLEAR) this.current = code & 7;
    else if (code >= DEFINE) this.define(code & 7, parameters);
    else if (code <= DELETE) this.change(code, first);
    else if (code === DELAY) this.delayEnd = first > 0 ? time + 100 * first : -Infinity;
    else if (code === RESET) this.windows.fill(null);
    else if (code === PEN_ATTRIBUTES) window?.setPenAttributes(first, second);
    else if (code === PEN_COLOUR) window?.pen.setColours(first, second, parameters[2]);
    else if (code === PEN_LOCATION) window?.moveTo(first & 0x0F, second & 0x3F);
    else if (code === WINDOW_ATTRIBUTES) window?.setAttributes(first, parameters[2]);
    // Others have no meaning.
  }

  /** @param {number} number @param {number[]} parameters of the window, current from now on */
  define(number, parameters) {
    this.current = number;
    const known = this.windows[number];
    if (known) known.define(parameters);
    else this.windows[number] = new CaptionWindow(parameters);
  }

  /** @param {number} code @param {number} map a bit for each window, the lowest for the first */
  change(code, map) {
    this.windows.forEach((window, number) => {
      if (!window || (map >> number & 1) === 0) return;
      if (code === CLEAR) window.clear();
      else if (code === DELETE) this.windows[number] = null;
      else window.isVisible = code === DISPLAY || (code === TOGGLE && !window.isVisible);
    });
  }

  /** @param {string} character into the current window, if there is one */
  write(character) {
    const window = this.windows[this.current];
    if (!window) return;
    window.write(character);
    if (this.hasCaptions) return;
    this.hasCaptions = true;
    this.onCaptions();
  }

  /** The shown windows that have a text, from the upper to the lower ones. */
  get shown() {
    return this.windows.flatMap((window) => (window?.isVisible && window.text ? [window] : []))
      .sort((a, b) => a.top - b.top);
  }

  /** The text of the shown windows. */
  get text() { return this.shown.map(({ text }) => text).join('\n'); }
}
