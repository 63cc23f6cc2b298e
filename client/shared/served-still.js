// SPDX-License-Identifier: Apache-2.0
// Stills of a stream that the server has decoded, of every video that it serves.

import { within } from './deadline.js';

/** The time within which a still arrives, ms. */
const LOAD_TIMEOUT = 6000;
/** The least age of the instant, s: its segment has been published. */
const LEAST_AGE = 2;
/** Instants are whole multiples of it, s: viewers share them, and most of them are key frames. */
const GRID = 2;

/**
 * The paths of a still below those of its stream, in the order in which they are tried: the frame
 * of an instant, which caches keep; the newest frame, if the stream had none at the instant.
 * @param {number} now the clock of the server, Unix ms @param {number} width
 * @param {number} since the time from which on the stream has frames, Unix ms; 0 if unknown
 */
export function stillPaths(now, width, since) {
  const instant = Math.floor((now / 1000 - LEAST_AGE) / GRID) * GRID;
  const newest = `snapshot/${width}.jpg`;
  return instant * 1000 < since ? [newest] : [`at/${instant}/${width}.jpg`, newest];
}

/**
 * The instant of the last frame in the archive or the window; null without any.
 * @param {any} document the content of /S/dvr.json
 * @returns {number | null} Unix s, the middle of the frame
 */
export function lastInstant(document) {
  const { to, frameRate } = document ?? {};
  const [rate, scale] = Array.isArray(frameRate) ? frameRate : [];
  return to > 0 && rate > 0 && scale > 0 ? to - scale / rate / 2 : null;
}

/**
 * Draws the first still of several addresses that the server has.
 * @param {string} stream URL of the stream, with a slash at its end
 * @param {HTMLCanvasElement} canvas @param {string[]} paths @param {AbortSignal} stop
 */
export async function drawServedStill(stream, canvas, paths, stop) {
  const still = await within(LOAD_TIMEOUT, async (signal) => {
    let status = 0;
    for (const path of paths) {
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

/**
 * Draws the last still of a stream that has no picture now. The stream is not started.
 * @param {string} stream URL of the stream, with a slash at its end
 * @param {HTMLCanvasElement} canvas @param {number} width @param {AbortSignal} stop
 * @returns {Promise<number | null>} its instant, Unix s; null if none is kept
 */
export async function drawLastStill(stream, canvas, width, stop) {
  const at = await within(LOAD_TIMEOUT, async (signal) => {
    const response = await fetch(new URL('dvr.json', stream), { signal });
    return response.ok ? lastInstant(await response.json()) : null;
  }, stop);
  if (at === null) return null;
  await drawServedStill(stream, canvas, [`at/${at.toFixed(3)}/${width}.jpg`], stop);
  return at;
}
