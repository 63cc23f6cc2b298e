// SPDX-License-Identifier: Apache-2.0
// A decoder of CEA-708 captions: packets of DTVCC, and their service blocks (CTA-708-E §5, §6).

import { CaptionService } from './cea708-service.js';
/** @typedef {import('./caption-data.js').CaptionTriplet} CaptionTriplet */

/** The type of a triplet that begins a packet. */
const START = 3;
/** The number of a service that is in the next byte, and the numbers that may be there. */
const EXTENDED = 7, LAST = 63;

/** Decodes the triplets of types 2 and 3 of a video in the order of its frames. */
export class CEA708Decoder {
  /** @param {(name: string) => void} [onCaptions] a service, such as SERVICE1, has a character */
  constructor(onCaptions = () => {}) {
    this.onCaptions = onCaptions;
    /** @type {number[]} the packet whose bytes arrive, without its header; at most 128 */
    this.packet = [];
    /** The bytes of the packet without its header; 0 if there is none. */
    this.size = 0;
    /** The sequence numbers of the packet, and of the one before; −1 without one. */
    this.sequence = -1;
    this.previous = -1;
    /** @type {Map<number, CaptionService>} by number */
    this.services = new Map();
  }

  /** @param {CaptionTriplet} triplet @param {number} time of its frame, Unix ms */
  take({ type, first, second }, time) {
    if (type === START) {
      // A packet that was not complete is lost.
      this.sequence = first >> 6;
      this.size = 2 * ((first & 0x3F) || 64) - 1;
      this.packet = [second];
    } else if (this.size > 0) this.packet.push(first, second);
    if (this.size === 0 || this.packet.length < this.size) return;
    const blocks = this.packet.slice(0, this.size);
    this.size = 0;
    this.count();
    this.readBlocks(blocks, time);
  }

  /**
   * Resets the services if packets were lost: definitions of windows may be in them. A sequence
   * number that stays the same is that of a sender that does not count.
   */
  count() {
    const { previous, sequence } = this;
    this.previous = sequence;
    if (previous < 0 || sequence === previous || sequence === (previous + 1) % 4) return;
    for (const service of this.services.values()) service.reset();
  }

  /** @param {number[]} bytes of a packet after its header @param {number} time Unix ms */
  readBlocks(bytes, time) {
    for (let index = 0; index < bytes.length;) {
      const size = bytes[index] & 0x1F;
      let number = bytes[index] >> 5;
      index += 1;
      if (number === 0 || size === 0) return;  // a null block fills the rest
      if (number === EXTENDED) {
        number = (bytes[index] ?? 0) & LAST;
        index += 1;
        if (number < EXTENDED) number = 0;
      }
      if (size > bytes.length - index) return;
      if (number > 0) this.serviceOf(number).take(bytes.slice(index, index + size), time);
      index += size;
    }
  }

  /** @param {number} number 1 to 63 */
  serviceOf(number) {
    let service = this.services.get(number);
    if (!service) {
      service = new CaptionService(() => this.onCaptions(`SERVICE${number}`));
      this.services.set(number, service);
    }
    return service;
  }

  /** @param {string} name @param {number} time Unix ms @returns {string} empty for none */
  textOf(name, time) { return this.shownService(name, time)?.text ?? ''; }

  /** @param {string} name @param {number} time to which its delays are over, Unix ms */
  shownService(name, time) {
    const service = this.services.get(Number(name.replace('SERVICE', '')));
    service?.advance(time);
    return service;
  }
}
