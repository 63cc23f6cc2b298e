// SPDX-License-Identifier: Apache-2.0
// Single pictures: the shown one as a file, one every few seconds, and the small window.

import { withNewestToken } from '../engine/transport/playback-tokens.js';
import { drawServedStill } from '../shared/served-still.js';
import { nameIn } from '../stage/stream-name.js';
import { make } from './make.js';
/** @typedef {import('../stage/stage.js').Stage} Stage */

/** The time between two pictures in place of the video, ms. */
const STILL_INTERVAL = 5000;

/**
 * The name of a file for a picture, as `gate 2026-11-28 15.22.30.jpg`.
 * @param {string} name of the stream @param {number} at Unix s
 */
export function pictureName(name, at) {
  const date = new Date(at * 1000);
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('.');
  return `${name || 'picture'} ${day} ${time}.jpg`;
}

/**
 * Saves the shown picture.
 * @param {Stage} stage
 * @returns {Promise<string>} words about the result
 */
export async function savePicture({ playback }) {
  const { display, video, shownAt, clock, source } = playback;
  const picture = /** @type {any} */ (display instanceof HTMLVideoElement ? display
    : video.parentElement?.querySelector('canvas:not(#held)') ?? video);
  const width = picture.videoWidth ?? picture.width, height = picture.videoHeight ?? picture.height;
  if (!width || !height) return 'There is no picture to save yet';
  const canvas = make('canvas', { width, height });
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', 0.92); })
    .catch(() => null);
  if (!blob) return 'The browser does not save pictures of this stream';
  const href = URL.createObjectURL(blob);
  make('a', { href, download: pictureName(nameIn(source), shownAt ?? clock.now() / 1000) }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
  return 'The picture is saved';
}

/**
 * Opens or closes the small window of the browser.
 * @param {HTMLVideoElement} video
 */
export async function toggleSmallWindow(video) {
  const page = /** @type {any} */ (document), element = /** @type {any} */ (video);
  try {
    if (page.pictureInPictureElement) await page.exitPictureInPicture();
    else await element.requestPictureInPicture();
    return null;
  } catch {
    return 'The browser opens no small window for this picture';
  }
}

/** One picture every five seconds, in place of a video that is not admitted. */
export class Stills {
  /** @param {HTMLElement} frame @param {string} stream its URL, with a slash at the end */
  constructor(frame, stream) {
    this.stream = stream;
    this.closing = new AbortController();
    // Drawn, not an `img`: a page whose policy permits no pictures of other hosts shows it too.
    this.image = make('canvas', {
      id: 'still', role: 'img', 'aria-label': 'One picture every 5 s', hidden: true,
    });
    frame.querySelector('#captions')?.before(this.image);
    this.timer = setInterval(() => void this.load(), STILL_INTERVAL);
    void this.load();
  }

  async load() {
    const { closing: { signal }, image, stream } = this;
    const path = `snapshot.jpg?${Math.floor(Date.now() / STILL_INTERVAL)}`;
    try {
      await drawServedStill(withNewestToken(stream), image, [path], signal);
      image.hidden = false;
    } catch { image.hidden = true; }
  }

  close() {
    clearInterval(this.timer);
    this.closing.abort();
    this.image.remove();
  }
}
