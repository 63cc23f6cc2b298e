// SPDX-License-Identifier: Apache-2.0
// The decoder of the captions in the video, of both standards.

import { CEA608Decoder } from './cea608.js';
import { CEA708Decoder } from './cea708.js';
/** @typedef {import('./caption-data.js').CaptionTriplet} CaptionTriplet */

/** A text is removed if no frame has brought captions for this time, ms (CTA-608-E Annex C.9). */
const LONGEST_SILENCE = 16000;

/** @param {string} name of a channel of CEA-608, or of a service of CEA-708 */
const isService = (name) => name.startsWith('S');

/** Decodes the triplets of a video in the order of its frames. */
export class CaptionDecoder {
  /** @param {(name: string) => void} onCaptions a channel or a service has captions */
  constructor(onCaptions) {
    this.pairs = new CEA608Decoder(onCaptions);
    this.packets = new CEA708Decoder(onCaptions);
    /** The times of the newest captions of CEA-608 and of CEA-708, Unix ms. */
    this.newest = [-Infinity, -Infinity];
  }

  /** @param {CaptionTriplet} triplet @param {number} time of its frame, Unix ms */
  take(triplet, time) {
    const isPacket = triplet.type > 1;
    if (triplet.first > 0 || triplet.second > 0) this.newest[isPacket ? 1 : 0] = time;
    if (isPacket) this.packets.take(triplet, time);
    else this.pairs.take(triplet);
  }

  /**
   * The text of a channel or service at an instant; empty for none.
   * @param {string} name @param {number} time of the shown frame, Unix ms
   */
  textOf(name, time) {
    if (this.isSilent(name, time)) return '';
    return isService(name) ? this.packets.textOf(name, time) : this.pairs.textOf(name);
  }

  /**
   * The text with its places and styles; empty for none.
   * @param {string} name @param {number} time of the shown frame, Unix ms
   * @returns {import('./caption-blocks.js').CaptionBlock[]}
   */
  blocksOf(name, time) {
    if (this.isSilent(name, time)) return [];
    if (!isService(name)) return this.pairs.channelOf(name)?.blocks ?? [];
    return this.packets.shownService(name, time)?.shown.map(({ block }) => block) ?? [];
  }

  /** @param {string} name @param {number} time Unix ms */
  isSilent(name, time) { return time - this.newest[isService(name) ? 1 : 0] > LONGEST_SILENCE; }
}
