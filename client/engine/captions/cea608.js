// SPDX-License-Identifier: Apache-2.0
// A decoder of CEA-608 captions: byte pairs of two fields, for CC1 to CC4 (CTA-608-E).

import {
  basicCharacter, BLOCK, extendedCharacter, specialCharacter,
} from './cea608-characters.js';
import { CaptionChannel } from './cea608-channel.js';
/** @typedef {import('./caption-data.js').CaptionTriplet} CaptionTriplet */

/**
 * A channel of captions.
 * @typedef {'CC1' | 'CC2' | 'CC3' | 'CC4'} ChannelName
 */

/**
 * The channels by field and channel bit.
 * @type {ChannelName[][]}
 */
const NAMES = [['CC1', 'CC2'], ['CC3', 'CC4']];

/** Whether each byte has an odd number of ones, by its value. */
const HAS_PARITY = Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones % 2 === 1;
});

/** One field: its codes select the channel of the characters that follow. */
class Field {
  /**
   * @param {ChannelName[]} names of its channels
   * @param {boolean} hasServices whether it has extended data services beside captions
   */
  constructor(names, hasServices) {
    this.names = names;
    this.hasServices = hasServices;
    this.channels = names.map(() => new CaptionChannel());
    /** The selected channel; −1 before the first code, and in extended data services. */
    this.selected = -1;
    /** The code of the pair before; −1 if it had none, or if the code was its repetition. */
    this.repeatable = -1;
  }

  /**
   * @param {number} first @param {number} second bytes with parity
   * @param {(name: ChannelName) => void} onCaptions a channel has a command for captions
   */
  take(first, second, onCaptions) {
    const one = first & 0x7F, two = second & 0x7F;
    if (one < 0x20 && !HAS_PARITY[first]) return;
    if (one >= 0x10 && one < 0x20) {
      if (HAS_PARITY[second] && two >= 0x20) this.takeCode(one, two, onCaptions);
      return;
    }
    this.repeatable = -1;
    if (one > 0 && one < 0x10) {
      // A code for captions ends extended data services.
      if (this.hasServices) this.selected = -1;
      return;
    }
    const channel = this.channels[this.selected];
    if (!channel) return;
    for (const byte of [first, second]) {
      const value = byte & 0x7F;
      if (value >= 0x20) channel.write(HAS_PARITY[byte] ? basicCharacter(value) : BLOCK);
    }
  }

  /**
   * A code is sent twice in a row; one that is sent once has the same effect.
   * @param {number} one @param {number} two bytes without parity
   * @param {(name: ChannelName) => void} onCaptions
   */
  takeCode(one, two, onCaptions) {
    const code = one << 8 | two;
    if (code === this.repeatable) {
      this.repeatable = -1;
      return;
    }
    this.repeatable = code;
    this.selected = one >> 3 & 1;
    const channel = this.channels[this.selected], first = one & 0x17;
    const before = channel.target;
    if (two >= 0x40) channel.address(first, two);
    else if (first === 0x11 && two >= 0x30) channel.write(specialCharacter(two));
    else if (first === 0x11) channel.setStyle(two);
    else if (first === 0x12 || first === 0x13) {
      channel.backspace();
      channel.write(extendedCharacter(first, two));
    } else if ((first === 0x14 || first === 0x15) && two < 0x30) channel.command(two);
    else if (first === 0x17 && two > 0x20 && two < 0x24) channel.tab(two - 0x20);
    else channel.setAttributes(first, two);
    if (!before && channel.target) onCaptions(this.names[this.selected]);
  }
}

/** Decodes the pairs of a video in the order of its frames. */
export class CEA608Decoder {
  /** @param {(name: ChannelName) => void} [onCaptions] a channel has a command for captions */
  constructor(onCaptions = () => {}) {
    this.onCaptions = onCaptions;
    this.fields = NAMES.map((names, index) => new Field(names, index === 1));
  }

  /** @param {CaptionTriplet} pair of type 0 or 1 */
  take({ type, first, second }) { this.fields[type].take(first, second, this.onCaptions); }

  /** @param {string} name of a channel @returns {string} the shown text; empty for none */
  textOf(name) { return this.channelOf(name)?.text ?? ''; }

  /** @param {string} name of a channel */
  channelOf(name) {
    const number = NAMES.flat().findIndex((known) => known === name);
    return this.fields[number >> 1]?.channels[number & 1];
  }
}
