// SPDX-License-Identifier: Apache-2.0

/**
 * CRC-12 of the burned clock: polynomial 0x80F, from 0xFFF.
 * @param {number[]} bits
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

/**
 * The time in the strip of 64 cells at the top of the picture: 1010, 48 bits of Unix ms, CRC-12.
 * @param {number[]} luma the mean of each cell
 * @returns {number | null} Unix ms; null when it cannot be read (it is never guessed)
 */
export function burnedTime(luma) {
  const white = (luma[0] + luma[2]) / 2, black = (luma[1] + luma[3]) / 2;
  if (white - black < 40) return null;
  const bits = luma.map((value) => (value > (white + black) / 2 ? 1 : 0));
  if (!(bits[0] && !bits[1] && bits[2] && !bits[3])) return null;
  const time = bits.slice(4, 52);
  const number = (/** @type {number[]} */ list) => list.reduce((sum, bit) => sum * 2 + bit, 0);
  return crc12(time) === number(bits.slice(52)) ? number(time) : null;
}

/** Reads the burned clock off a video element. */
export class StripReader {
  constructor() {
    const canvas = document.createElement('canvas');
    canvas.width = 256;
    canvas.height = 16;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  }

  /** @param {HTMLVideoElement} video @returns {number | null} Unix ms */
  read(video) {
    const width = video.videoWidth;
    if (!width) return null;
    let data;
    try {
      this.context.drawImage(video, 0, 0, width, video.videoHeight / 9, 0, 0, 256, 16);
      data = this.context.getImageData(0, 0, 256, 16).data;
    } catch { return null; }  // tainted: native playback of a foreign stream without CORS
    const cells = [];
    for (let row = 0; row < 2; row += 1) {
      for (let column = 0; column < 32; column += 1) {
        let sum = 0;
        for (let y = 2; y < 6; y += 1) {
          for (let x = 2; x < 6; x += 1) {
            const i = ((row * 8 + y) * 256 + column * 8 + x) * 4;
            sum += data[i] * 0.299 + data[i + 1] * 0.587 + data[i + 2] * 0.114;
          }
        }
        cells.push(sum / 16);
      }
    }
    return burnedTime(cells);
  }
}
