// SPDX-License-Identifier: Apache-2.0
// WebCodecs over a WebSocket: the server sends the coded frames without boxes.

import { CATCH_UP, sampleOf } from '../transport/llws.js';
import { CodecStage } from './codec-stage.js';
import { SocketPlayer } from './socket-player.js';
/** @typedef {import('../decode/decoder-feed.js').DecoderFeed} DecoderFeed */
/** @typedef {import('../transport/llws.js').Group} Group */
/** @typedef {import('../transport/llws.js').MediaMessage} MediaMessage */

/** Plays on a canvas as CodecPlayer does. If there is no socket, that player takes its place. */
export class SocketCodecPlayer extends SocketPlayer {
  /** The wall clock of the newest frame that the server sent later than it was published, s. */
  caughtUpTo = -Infinity;

  get format() { return 'raw'; }

  newDisplay() {
    this.stage = new CodecStage(this.host);
    return this.stage.display;
  }

  get codecStage() { return /** @type {CodecStage} */ (this.stage); }

  newFeed() {
    const { codecStage } = this, feed = codecStage.newFeed((reason) => {
      if (this.feed === feed) this.recover(reason);
    }, (time) => {
      const wallTime = time + this.epoch;
      if (this.hasEpoch && wallTime > this.caughtUpTo) {
        codecStage.decodeDelays.add(this.host.clock.now() / 1000, wallTime);
      }
    });
    return feed;
  }

  start() { if (this.codecStage.open()) super.start(); }

  stop() {
    super.stop();
    this.codecStage.close();
  }

  /** @param {string} reason */
  recover(reason) { if (this.codecStage.retries(reason)) super.recover(reason); }

  /** @param {string} reason @param {boolean} [isRefused] */
  withoutSocket(reason, isRefused) { this.host.withoutSocket(reason, isRefused); }

  /** A server without sockets, or a cache that does not pass them, is not asked again. */
  isHopeless() { return this.socket?.hasOpened === false || super.isHopeless(); }

  /** @param {Record<string, any>} error */
  refused(error) {
    if (error.code === 'unknown-format') this.withoutSocket(String(error.msg));
    else super.refused(error);
  }

  requireAudioTarget() { this.codecStage.followSound(); }

  /** @param {Group} group @param {MediaMessage} message @returns {number[]} */
  appendMedia(group, message) {
    const sample = sampleOf(message, group), feed = /** @type {DecoderFeed} */ (this.feed);
    if (!sample) return [];
    const isVideo = group.track === 'v', track = isVideo ? feed : feed.audio;
    if (isVideo && (message.flags & CATCH_UP) !== 0) {
      this.caughtUpTo = sample.time + group.epoch / 1000;
    }
    track?.appendSample(sample);
    return [sample.time];
  }

  update() {
    if (this.codecStage.update()) this.isPositioned = false;
    super.update();
  }

  position() { return this.codecStage.display.position(); }

  /** During a stall the clock runs on as it is. */
  isControlled() { return !this.codecStage.display.isWaiting; }

  minimumTarget() { return this.codecStage.minimumTarget(this.delays.audio); }
}
