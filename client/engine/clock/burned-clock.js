// SPDX-License-Identifier: Apache-2.0
// The burned clock (BC64): the frame time as 64 cells at the top of a frame, in two rows of 32.

const ROWS = 2, COLUMNS = 32, CELL = 8;
/** The least difference between the luma of white and black cells. */
const LEAST_CONTRAST = 40;

/**
 * CRC-12 with the polynomial 0x80F, initial value 0xFFF.
 * @param {number[]} bits most significant first
 */
export function crc12(bits) {
  let crc = 0xFFF;
  for (const bit of bits) {
    const top = crc >> 11 & 1;
    crc = crc << 1 & 0xFFF;
    if (top ^ bit) crc ^= 0x80F;
  }
  return crc;
}

/** @param {number[]} bits most significant first */
const numberOf = (bits) => bits.reduce((sum, bit) => sum * 2 + bit, 0);

/**
 * Decodes the cells: 1010, 48 bits of Unix ms, CRC-12.
 * @param {number[]} luma the mean luma of each cell, 0–255
 * @returns {number | null} Unix ms; null if the cells are not a valid clock
 */
export function burnedTime(luma) {
  const white = (luma[0] + luma[2]) / 2, black = (luma[1] + luma[3]) / 2;
  if (white - black < LEAST_CONTRAST) return null;
  const bits = luma.map((value) => (value > (white + black) / 2 ? 1 : 0));
  if (!(bits[0] && !bits[1] && bits[2] && !bits[3])) return null;
  const time = bits.slice(4, 52);
  return crc12(time) === numberOf(bits.slice(52)) ? numberOf(time) : null;
}

/**
 * The mean luma of the middle 4×4 pixels of each cell.
 * @param {Uint8ClampedArray} pixels RGBA
 */
function lumaOfCells(pixels) {
  const luma = [];
  for (let cell = 0; cell < ROWS * COLUMNS; cell += 1) {
    const left = cell % COLUMNS * CELL + 2, top = Math.floor(cell / COLUMNS) * CELL + 2;
    let sum = 0;
    for (let y = top; y < top + 4; y += 1) {
      for (let x = left; x < left + 4; x += 1) {
        const i = (y * COLUMNS * CELL + x) * 4;
        sum += pixels[i] * 0.299 + pixels[i + 1] * 0.587 + pixels[i + 2] * 0.114;
      }
    }
    luma.push(sum / 16);
  }
  return luma;
}

/** Reads the burned clock of the frame that a video element shows, or of a decoded frame. */
export class BurnedClockReader {
  constructor() {
    const canvas = document.createElement('canvas');
    canvas.width = COLUMNS * CELL;
    canvas.height = ROWS * CELL;
    this.canvas = canvas;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    this.context = /** @type {CanvasRenderingContext2D} */ (context);
  }

  /** @param {HTMLVideoElement | VideoFrame} frame @returns {number | null} Unix ms */
  read(frame) {
    const { canvas: { width, height }, context } = this;
    const [columns, rows] = 'videoWidth' in frame ? [frame.videoWidth, frame.videoHeight]
      : [frame.displayWidth, frame.displayHeight];
    if (!columns) return null;
    try {
      const image = /** @type {any} */ (frame);
      context.drawImage(image, 0, 0, columns, rows / 9, 0, 0, width, height);
      return burnedTime(lumaOfCells(context.getImageData(0, 0, width, height).data));
    } catch {
      return null;  // the canvas is tainted: native playback of another server without CORS
    }
  }
}
