// SPDX-License-Identifier: Apache-2.0
// The frame player with WebCodecs: its own jitter buffers, a canvas, and an AudioContext.

import { CodecStage } from './codec-stage.js';
import { FramePlayer } from './frame-player.js';

/** Plays on a canvas, with sound while it is switched on. Without sound the latency is lower. */
export class CodecPlayer extends FramePlayer {
  newDisplay() {
    this.stage = new CodecStage(this.host);
    return this.stage.display;
  }

  get codecStage() { return /** @type {CodecStage} */ (this.stage); }

  newFeed() {
    const { codecStage } = this, feed = codecStage.newFeed((reason) => {
      if (this.feed === feed) this.recover(reason);
    }, (time) => this.addDelay(codecStage.decodeDelays, time));
    return feed;
  }

  start() { if (this.codecStage.open()) super.start(); }

  stop() {
    super.stop();
    this.codecStage.close();
  }

  /** @param {string} reason */
  recover(reason) { if (this.codecStage.retries(reason)) super.recover(reason); }

  /** The clock runs on, and frames that were shown are decoded only. */
  replaceSegment() {
    this.control.restart();
    this.refreshedAt = -Infinity;
  }

  requireAudioTarget() { this.codecStage.followSound(); }

  update() {
    if (this.codecStage.update()) this.isPositioned = false;
    super.update();
  }

  position() { return this.codecStage.display.position(); }

  /** During a stall the clock runs on as it is. */
  isControlled() { return !this.codecStage.display.isWaiting; }

  minimumTarget() { return this.codecStage.minimumTarget(this.delays.audio); }
}
