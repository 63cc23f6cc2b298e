// SPDX-License-Identifier: Apache-2.0
// The latency of one playback: its target, and what holds the player there.

import { LatencyController } from '../clock/latency-controller.js';
import { secondsAhead } from '../feed/source-buffer.js';
import { KINDS } from '../players/kinds.js';
import { TargetChoice } from '../players/targets.js';
import { isMPD } from '../transport/source.js';
/** @typedef {import('../players/player.js').Player} Player */
/** @typedef {import('./playback.js').Playback} Playback */

/** Chooses the target, and steers the player to it. */
export class TargetLatency {
  /** @param {Playback} playback */
  constructor(playback) {
    this.playback = playback;
    this.choice = new TargetChoice(playback.options.target);
    this.controller = new LatencyController(KINDS.frames.target);
  }

  /** Another player plays. */
  reset() {
    const { kind, source } = this.playback;
    this.choice.reset();
    const target = this.choice.targetFor(kind, source);
    this.controller = new LatencyController(target, KINDS[kind].latencyTolerance);
  }

  /** @param {number | null} target of the viewer, s */
  request(target) {
    this.choice.requested = target;
    this.apply();
  }

  /** The latency at which a player begins, s: the group follows a member that needs more. */
  get first() {
    const { kind, source } = this.playback;
    return Math.max(this.choice.targetFor(kind, source), this.controller.shared ?? 0);
  }

  /** @param {number} target of the sync group, s */
  share(target) {
    this.controller.shared = target;
    this.playback.player?.setTarget(this.first);
  }

  /**
   * On an MPD and in a sync group the latency approaches a new target by the playback rate,
   * elsewhere by a seek.
   */
  apply() {
    const { controller, playback: { kind, latency, player, source } } = this;
    const target = this.choice.targetFor(kind, source), isGradual = isMPD(source);
    if (target !== controller.requested) controller.request(target, isGradual);
    player?.setTarget(this.first);
    if (latency === null || isGradual || controller.shared !== null) return;
    if (!player?.isControlled()) return;
    const error = latency - target;
    if (Math.abs(error) > 0.2) player.seekBy(error, performance.now());
  }

  /**
   * Sets the playback rate, or seeks.
   * @param {Player} player @param {number} now of performance.now()
   */
  step(player, now) {
    const { controller, playback: { display, latency } } = this;
    if (!player.isControlled() || latency === null || display.paused || display.seeking) return;
    const ahead = secondsAhead(display), minimum = player.minimumTarget();
    const rate = controller.step(now / 1000, latency, minimum, ahead);
    if (display.playbackRate !== rate) display.playbackRate = rate;
    const seconds = controller.seek(now / 1000, latency, ahead);
    if (seconds > 0) player.seekBy(seconds, now);
  }

  /**
   * A stall raises the target, except after the loss of a connection: no buffer of this length
   * would have prevented that stall.
   * @param {Player} player @param {{ seconds: number, startedAt: number }} stall that has ended
   * @param {number} now of performance.now()
   */
  stalled(player, { startedAt, seconds }, now) {
    if (seconds <= KINDS[this.playback.kind].stallTolerance) return;
    if (player.wasConnectedSince(startedAt)) this.controller.stalled(now / 1000, seconds);
  }
}
