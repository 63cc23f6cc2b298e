// SPDX-License-Identifier: Apache-2.0
// A still of a stream that the server has decoded, of every video that it serves.

import { within } from '../shared/deadline.js';

/** The time within which a still arrives, ms. */
const LOAD_TIMEOUT = 6000;
/** The least age of the instant, s: its segment has been published. */
const LEAST_AGE = 2;
/** Instants are whole multiples of it, s: viewers share them, and most of them are key frames. */
const GRID = 2;

/**
 * The paths of a still below those of its stream, in the order in which they are tried: the frame
 * of an instant, which caches keep; the newest frame, if the stream had none at the instant.
 * @param {number} now the clock of the server, Unix ms
 */
export function stillPaths(now) {
  const instant = Math.floor((now / 1000 - LEAST_AGE) / GRID) * GRID;
  return [`at/${instant}/320.jpg`, 'snapshot/320.jpg'];
}

/**
 * Draws a still of the server.
 * @param {string} stream URL of the stream, with a slash at its end
 * @param {HTMLCanvasElement} canvas @param {number} now the clock of the server, Unix ms
 * @param {AbortSignal} stop
 */
export async function drawServedStill(stream, canvas, now, stop) {
  const still = await within(LOAD_TIMEOUT, async (signal) => {
    let status = 0;
    for (const path of stillPaths(now)) {
      const response = await fetch(new URL(path, stream), { signal });
      if (response.ok) return response.blob();
      status = response.status;
      if (status !== 404 && status !== 410 && status !== 425) break;
    }
    throw new Error(`status ${status} for a still`);
  }, stop);
  const bitmap = await createImageBitmap(still);
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
}
