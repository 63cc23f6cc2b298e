// SPDX-License-Identifier: Apache-2.0
// The common part of the players that append the media themselves.

import { ArrivalDelays } from '../clock/arrivals.js';
import { MediaTimeline } from '../clock/timeline.js';
import { FeedOwner } from './feed-owner.js';
import { Positioner } from './positioner.js';
/** @typedef {import('../clock/arrivals.js').TrackDelays} TrackDelays */
/** @typedef {import('./output.js').Output} Output */
/** @typedef {import('./player.js').Host} Host */

/**
 * A stall that begins up to this time after the buffered media has ended is that of the connection
 * that was lost before, ms.
 */
const LOSS_TIME = 500;

/** Connects output, feed, position and delays; a subclass appends the media. */
export class OwnPlayer {
  /**
   * @param {Host} host @param {number} target s @param {Output} output
   * @param {number} tolerance of the position, s: see Positioner
   */
  constructor(host, target, output, tolerance) {
    this.host = host;
    this.output = output;
    this.stopping = new AbortController();
    this.delays = new ArrivalDelays();
    this.timeline = new MediaTimeline(() => {
      this.delays.clear();
      host.measureClock();
    });
    this.positioner = new Positioner(output, host.clock, this.timeline, target, tolerance);
    this.feeds = new FeedOwner(output, {
      onFailure: (reason) => this.recover(reason),
      onAppended: () => this.choosePosition(),
      onDecoded: (delays, time) => this.addDelay(delays, time),
      onCaptions: (time, triplets) => {
        const date = this.timeline.dateOf(time);
        if (date !== null) host.addCaptions(date * 1000, triplets);
      },
    });
    /** When the latest connection was lost, ms. */
    this.lostAt = 0;
  }

  get feed() { return this.feeds.current; }

  get display() { return this.output.display; }

  get isStopped() { return this.stopping.signal.aborted; }

  /** Whether all chunks that were published before the start have arrived. */
  get isAtEdge() { return false; }

  start() {
    if (!this.output.open()) return;
    this.feed.prepare();
    this.play();
  }

  /**
   * Begins to request media.
   * @abstract
   */
  play() {}

  stop() {
    this.stopping.abort();
    this.feed.close();
    this.output.close();
  }

  /** @param {string} reason */
  recover(reason) { if (this.output.retries(reason)) this.restart(reason); }

  /**
   * Replaces the feed after a failure, and the connection.
   * @abstract
   * @param {string} reason
   */
  restart(reason) { throw new Error(reason); }

  choosePosition() {
    if (this.positioner.choose(this.feed, this.isAtEdge)) this.host.status('live', 'Live');
  }

  /** After a pause the position is chosen again. */
  followOutput() { if (this.output.update()) this.positioner.on({ name: 'release' }); }

  /** Seeks over a gap in the media. */
  skipGap() {
    const gapEnd = this.positioner.isPlaced ? this.feed.gapEnd() : null;
    if (gapEnd !== null) this.display.currentTime = gapEnd;
  }

  /** @param {TrackDelays} delays @param {number} time media time of a chunk or frame, s */
  addDelay(delays, time) {
    const date = this.timeline.dateOf(time);
    if (date !== null) delays.add(this.host.clock.now() / 1000, date);
  }

  /** @param {number} target s */
  setTarget(target) { this.positioner.target = target; }

  latency() { return this.positioner.latency(this.feed, this.delays.isPlausible); }

  isControlled() { return this.output.isControlled; }

  hasAudio() { return this.feeds.hasAudio; }

  wantsMedia() { return this.feed.isStreaming; }

  minimumTarget() { return this.output.minimumTarget(this.delays); }

  /** @param {number} time */
  wasConnectedSince(time) {
    return this.lostAt < time - 1000 * this.positioner.target - LOSS_TIME;
  }

  /** @param {number} seconds @param {number} now */
  seekBy(seconds, now) { this.positioner.seekBy(this.feed, seconds, now); }
}
