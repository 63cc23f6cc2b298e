// SPDX-License-Identifier: Apache-2.0
// The target latency: the viewer's choice, or a value that suits player and stream.

import { isMPD } from '../transport/source.js';
import { KINDS, MPD_TARGET } from './kinds.js';
/** @typedef {import('./kinds.js').Kind} Kind */

/** Targets in seconds; null if unknown. */
export class TargetChoice {
  /** @param {number | null} requested by the viewer */
  constructor(requested) {
    this.requested = requested;
    /** @type {number | null} the usual target for the stream, from its player */
    this.usual = null;
    /** The lowest target that the stream allows. */
    this.least = 0;
  }

  /** Forgets the values of the stream, for another player. */
  reset() {
    this.usual = null;
    this.least = 0;
  }

  /**
   * @param {number} usual @param {number} least
   * @returns {boolean} whether a value has changed
   */
  setStream(usual, least) {
    if (this.usual === usual && this.least === least) return false;
    this.usual = usual;
    this.least = least;
    return true;
  }

  /**
   * @param {Kind} kind @param {string} source URL of the playlist or MPD
   * @returns {number}
   */
  targetFor(kind, source) {
    const usual = kind === 'frames' && isMPD(source) ? MPD_TARGET : KINDS[kind].target;
    return Math.max(this.least, this.requested ?? this.usual ?? usual);
  }
}
