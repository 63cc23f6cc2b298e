// SPDX-License-Identifier: Apache-2.0
// A model of a line that loses packets, under TCP: when each frame of 30 per second arrives.

/** The packets of a frame, and of the key frame of each second. */
const PACKETS = 3, KEY_PACKETS = 12;
const FRAME = 1 / 30;
/** A lost packet is known when a later one has arrived: this many round trips after it. */
const DETECTION = 1.25;

/**
 * Numbers from 0 to 1, the same for the same seed.
 * @param {number} seed
 */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Each packet is sent again until it arrives; a frame is complete with its last packet, and the
 * frames keep their order.
 * @param {{ loss?: (time: number) => number, jitter?: number, trip?: number, seed?: number }} line
 *   `loss`: the share of lost packets at a time; `jitter` and the round trip in s
 * @returns {(published: number) => number} when a frame arrives
 */
export function lossyLine({ loss = () => 0, jitter = 0, trip = 0.05, seed = 1 }) {
  const next = random(seed);
  const packet = (/** @type {number} */ sent) => {
    let at = sent;
    while (next() < loss(at)) at += DETECTION * trip + next() * FRAME;
    return at + next() * jitter;
  };
  return (published) => {
    const count = Math.round(published / FRAME) % 30 === 0 ? KEY_PACKETS : PACKETS;
    return Math.max(...Array.from({ length: count }, () => packet(published)));
  };
}
