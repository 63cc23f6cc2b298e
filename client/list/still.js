// SPDX-License-Identifier: Apache-2.0
// A still of a stream that this page decodes: the key frame of its newest complete segment, of the
// lowest rendition.

import { ServerClock } from '../shared/clock.js';
import { sleep, within } from '../shared/deadline.js';
import { tracksOf } from '../engine/cmaf/header.js';
import { MediaFeed } from '../engine/feed/media-feed.js';
import { loadHeader, loadPlaylist } from '../engine/transport/documents.js';
/** @typedef {import('../shared/playlist.js').Rendition} Rendition */

/** The time within which a segment arrives, and within which its first frame is decoded, ms. */
const LOAD_TIMEOUT = 5000, DECODE_TIMEOUT = 4000;

/** @param {Rendition[]} renditions @returns {number} the index of the lowest rendition */
export function lowest(renditions) {
  const rates = renditions.map(({ bandwidth }) => bandwidth);
  return Math.max(0, rates.indexOf(Math.min(...rates)));
}

/**
 * Draws a still. It needs one playlist, one CMAF header and one segment; the decoder is released
 * when it ends.
 * @param {string} source URL of the playlist @param {HTMLCanvasElement} canvas
 * @param {AbortSignal} stop
 */
export async function drawStill(source, canvas, stop) {
  const list = await loadPlaylist(source, new ServerClock(stop), stop, lowest);
  const segment = list.segments[list.segments.length - 1];
  if (!segment || !list.map) throw new Error('no complete segment');
  const [header, media] = await Promise.all([
    loadHeader(list.map, stop),
    within(LOAD_TIMEOUT, async (signal) => {
      const response = await fetch(segment.uri, { signal });
      if (!response.ok) throw new Error(`status ${response.status} for a segment`);
      return new Uint8Array(await response.arrayBuffer());
    }, stop),
  ]);
  const video = document.createElement('video');
  video.muted = true;
  let failure = '';
  const feed = new MediaFeed(video, (reason) => { failure = reason; });
  try {
    await feed.open(tracksOf([header]));
    feed.video?.append(media);
    const end = performance.now() + DECODE_TIMEOUT;
    while (video.readyState < 2 || video.seeking) {
      if (failure !== '' || stop.aborted || performance.now() > end) {
        throw new Error(failure || 'no frame was decoded');
      }
      const start = feed.start();
      if (start !== null && !video.seeking && video.currentTime < start) video.currentTime = start;
      await sleep(30, stop);
    }
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
  } finally {
    feed.close();
    video.removeAttribute('src');
    video.load();
  }
}
