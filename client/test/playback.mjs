// SPDX-License-Identifier: Apache-2.0
// A model of a viewer: a network with disturbances, a buffer, and the control of the latency.

import { TrackDelays } from '../engine/clock/arrivals.js';
import { LatencyController } from '../engine/clock/latency-controller.js';

/** The time between two frames, and between two steps of the model, s. */
const FRAME = 1 / 30, STEP = 1 / 300;
/** An element that has stalled plays on with this much media, s. */
const RESUMED_AT = 0.05;

/**
 * Plays for `seconds` and returns [time, latency] of each 50 ms, and the starts and the lengths of
 * the stalls.
 *
 * A frame is published at its time and arrives `delay` later; `network` changes that.
 * @param {{ target: number, seconds: number, delay?: number, from?: number,
 *   network: (published: number, before: number) => number, hasMinimum?: boolean }} options
 *   `network`: when a frame arrives, by its time and the arrival of the frame before
 */
export function playback({ target, seconds, delay = 0.02, from = target, network, hasMinimum }) {
  const controller = new LatencyController(target), delays = new TrackDelays(90);
  const arrivals = [];  // times at which each frame arrives, in order
  for (let i = 0, before = 0; i * FRAME < seconds; i += 1) {
    before = Math.max(before, network(i * FRAME, before) + delay);
    arrivals.push(before);
  }
  const result = { latencies: [], stalls: [], lengths: [], controller };
  let position = -from, end = 0, arrived = 0, rate = 1, stalledAt = null, nextStep = 0;
  for (let now = 0; now < seconds; now += STEP) {
    while (arrived < arrivals.length && arrivals[arrived] <= now) {
      delays.add(now, arrived * FRAME);
      arrived += 1;
    }
    end = arrived * FRAME;
    if (stalledAt === null && position >= end && now > from) {
      stalledAt = now;
      result.stalls.push(now);
    } else if (stalledAt !== null && end - position > RESUMED_AT) {
      result.lengths.push(now - stalledAt);
      controller.stalled(now, now - stalledAt);
      stalledAt = null;
    }
    if (stalledAt === null) position = Math.min(position + rate * STEP, Math.max(end, position));
    if (now < nextStep) continue;
    nextStep += 0.05;
    const latency = now - position, isKnown = hasMinimum && delays.count >= 60;
    const ahead = Math.max(0, end - position);
    rate = controller.step(now, latency, isKnown ? delays.quantile(0.75) + 0.06 : 0, ahead);
    position += controller.seek(now, latency, ahead);
    result.latencies.push([now, latency]);
  }
  return result;
}
