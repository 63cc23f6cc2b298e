// SPDX-License-Identifier: Apache-2.0
// The automatic choice of the frame player: arrivals and dropped frames decide, probes confirm.

import { within } from '../../shared/deadline.js';
import { Adaptation } from './adaptation.js';
import { arrivesWithin } from './probe.js';
import { SegmentSkip } from './segment-skip.js';
/** @typedef {import('./adaptation.js').Viewing} Viewing */
/** @typedef {import('./ladder.js').Ladder} Ladder */

/** A probe succeeds if a segment arrives within this share of its duration. */
const PROBE_SHARE = 0.6;
/** The limit of a probe, ms. */
const PROBE_TIMEOUT = 10000;

/** Writes its choice into the ladder; the player calls it with everything that arrives. */
export class RenditionControl {
  /** @param {Ladder} ladder @param {AbortSignal} stop */
  constructor(ladder, stop) {
    this.ladder = ladder;
    this.stop = stop;
    this.adaptation = new Adaptation([]);
    this.order = ladder.order;
    this.skip = new SegmentSkip();
    /** @type {AbortController | null} of the probe under way */
    this.probing = null;
    /** The open segment, and the duration of a segment, s. */
    this.number = 0;
    this.duration = 1;
  }

  /** Another connection begins. */
  restart() {
    this.end();
    this.adaptation.restart();
  }

  /** @param {number} bytes */
  piece(bytes) { this.adaptation.piece(performance.now() / 1000, bytes); }

  /** @param {number} time media time, s @param {number} number of the segment */
  chunk(time, number) {
    this.number = number;
    this.adaptation.chunk(performance.now() / 1000, time, this.ladder.shown);
  }

  /** @param {number} end media time of the end of a segment, s */
  leaves(end) {
    const { ladder, adaptation } = this, now = performance.now() / 1000;
    const isReady = ladder.wanted === adaptation.index && ladder.prepared.has(ladder.wanted);
    if (isReady && adaptation.leaves(now, end)) return true;
    const isLowest = ladder.requested !== null || ladder.shown >= ladder.order.length - 1;
    const { lateness } = adaptation;
    return isLowest && this.skip.step(now, lateness.lag(now), lateness.livePosition(now) - end);
  }

  /** @param {Viewing} viewing */
  update(viewing) {
    const { ladder, adaptation } = this, now = performance.now() / 1000;
    if (ladder.order !== this.order) {
      this.order = ladder.order;
      this.end();
      this.adaptation = new Adaptation(ladder.order.map(({ rendition }) => rendition.bandwidth));
      this.adaptation.hold(now, ladder.automatic);
      return;
    }
    if (ladder.order.length < 2) return;
    this.prepareLower();
    if (ladder.requested !== null) {
      this.end();
      adaptation.hold(now, ladder.requested);
      ladder.automatic = ladder.requested;
      return;
    }
    const mayRise = !ladder.avoided.has(adaptation.index - 1);
    const action = adaptation.step(now, { ...viewing, mayRise });
    if (action === 'cancel') this.end();
    if (action === 'probe') void this.probe();
    ladder.automatic = adaptation.index;
  }

  /** A lower rendition must not wait for its playlist and its header on a slow connection. */
  prepareLower() {
    const { ladder } = this;
    for (let index = ladder.wanted + 1; index < ladder.order.length; index += 1) {
      if (ladder.prepared.has(index)) continue;
      void ladder.prepare(index);
      break;
    }
  }

  /** Ends the probe under way. */
  end() {
    this.probing?.abort(new Error('the probe was cancelled'));
    this.probing = null;
  }

  /** Loads the latest complete segment of the next higher rendition, and measures the time. */
  async probe() {
    const { adaptation, ladder, number } = this, index = adaptation.index - 1;
    const probing = new AbortController();
    this.probing = probing;
    const cancel = () => probing.abort(this.stop.reason);
    this.stop.addEventListener('abort', cancel);
    let isFast = false;
    try {
      await ladder.prepare(index);
      const names = ladder.prepared.get(index)?.names;
      if (!names) throw new Error('the rendition has no segments');
      const { duration } = this, bytes = ladder.order[index].rendition.bandwidth / 8 * duration;
      isFast = await within(PROBE_TIMEOUT, (signal) => (
        arrivesWithin(names.urlOf(number - 1), bytes, PROBE_SHARE * duration, signal)
      ), probing.signal);
    } catch { /* without success */ } finally {
      this.stop.removeEventListener('abort', cancel);
    }
    if (this.probing !== probing) return;  // cancelled
    this.probing = null;
    adaptation.probed(performance.now() / 1000, isFast);
  }
}
