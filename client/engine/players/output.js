// SPDX-License-Identifier: Apache-2.0
// Where the media of a player goes: a video element with Media Source Extensions, or WebCodecs.

import { LaterKeys } from '../feed/later-keys.js';
import { MediaFeed } from '../feed/media-feed.js';
/** @typedef {import('../clock/arrivals.js').ArrivalDelays} ArrivalDelays */
/** @typedef {import('../clock/arrivals.js').TrackDelays} TrackDelays */
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('./player.js').Host} Host */

/**
 * @typedef {object} FeedEvents
 * @property {(reason: string) => void} onFailure
 * @property {() => void} onAppended media was appended
 * @property {(delays: TrackDelays, time: number) => void} onDecoded a frame was decoded; `time` in
 *   seconds of media time, `delays` those of decoded frames
 * @property {import('../captions/chunk-captions.js').OnTriplets} [onCaptions] captions of a
 *   frame
 */

/**
 * @typedef {object} Output
 * @property {Display} display
 * @property {(events: FeedEvents) => Feed} newFeed
 * @property {() => boolean} open false if this browser cannot play so: the host knows it
 * @property {() => void} close
 * @property {() => boolean} update called every 50 ms; whether playback has continued after a pause
 * @property {(reason: string) => boolean} retries whether to try again after a failure
 * @property {() => number} position the media time that is shown, s
 * @property {boolean} isControlled whether the page controls the latency
 * @property {boolean} seeksToReplaced whether frames of another encoder need a seek
 * @property {(usual: number, least: number) => void} requireAudioTarget the stream has audio: the
 *   default target, and the lowest one, s
 * @property {(delays: ArrivalDelays) => number} minimumTarget the lowest target that the delays
 *   allow, s
 */

/**
 * A video element that is fed by Media Source Extensions.
 * @implements {Output}
 */
export class ElementOutput {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.isControlled = true;
    this.seeksToReplaced = true;
    /** @type {LaterKeys | null} */
    this.keys = null;
  }

  get display() { return this.host.video; }

  /** @param {FeedEvents} events @returns {Feed} */
  newFeed({ onAppended, onFailure }) {
    this.keys?.forget();
    const feed = new MediaFeed(this.host.video, onFailure);
    feed.onAppended = onAppended;
    return feed;
  }

  open() {
    this.keys ??= new LaterKeys(this.host);
    return true;
  }

  /** The element stays. */
  close() {
    this.keys?.stop();
    this.keys = null;
  }

  update() { return false; }

  retries() { return true; }

  position() { return this.display.currentTime; }

  /** @param {number} usual @param {number} least */
  requireAudioTarget(usual, least) { this.host.setTargets(usual, least); }

  /** @param {ArrivalDelays} delays */
  minimumTarget(delays) { return delays.minimumTarget(); }
}
