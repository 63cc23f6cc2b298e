// SPDX-License-Identifier: Apache-2.0
// The renditions that the server names over a WebSocket, and the viewer's choice.

import { substituteFor } from './avoidance.js';
import { renditionNames } from './rendition-names.js';
/** @typedef {import('./rendition-names.js').RenditionChoice} RenditionChoice */

/** The ladder of one stream. The server chooses for a viewer who does not. */
export class SocketRenditions {
  constructor() {
    /** @type {{ id: string, h: number, kbps: number }[]} the video renditions, the top first */
    this.order = [];
    /** @type {{ id: string, name: string }[]} the audio renditions among which viewers choose */
    this.audio = [];
    /** The id of the audio that arrives. */
    this.heard = '';
    /** @type {string | null} the id of the viewer's audio */
    this.requestedAudio = null;
    /** The id of the rendition that arrives. */
    this.shown = '';
    /** @type {string | null} the id of the viewer's choice; null for the server's */
    this.requested = null;
    /** @type {string | null} the id of the rendition in place of one that is avoided */
    this.substitute = null;
  }

  /** The id of the rendition to subscribe to; null for the server's choice. */
  get wanted() { return this.substitute ?? this.requested; }

  /**
   * Renditions that are not to be shown, from the top one. A substitute stays until there are none.
   * @param {Set<number>} indices
   */
  avoid(indices) {
    const { order, requested, shown, substitute } = this;
    const indexOf = (/** @type {string | null} */ name) => order.findIndex(({ id }) => id === name);
    const isKept = substitute !== null && !indices.has(indexOf(substitute));
    if (indices.size > 0 && isKept) return;
    const index = indexOf(substitute ?? requested ?? shown), isAvoided = indices.has(index);
    const other = substituteFor(index, order.length, indices);
    this.substitute = isAvoided && other !== index ? order[other].id : null;
  }

  /** Forgets the choices: the server has none of these renditions. */
  forget() {
    this.requested = null;
    this.substitute = null;
  }

  /** @param {any} channels of a `channels` message */
  learn(channels) {
    const renditions = Array.isArray(channels) ? channels[0]?.renditions : null;
    if (!Array.isArray(renditions)) return;
    this.order = renditions.filter(({ id, h }) => typeof id === 'string' && h > 0);
    this.audio = renditions.filter(({ id, name }) => (
      typeof id === 'string' && typeof name === 'string'));
  }

  /** @returns {import('../players/player.js').AudioChoice | null} null without a choice */
  get audioChoice() {
    const { audio, heard } = this;
    if (audio.length < 2) return null;
    const current = audio.findIndex(({ id }) => id === heard);
    return { names: audio.map(({ name }) => name), current };
  }

  /** @param {number} index @returns {string | null} the id of the chosen audio */
  chooseAudio(index) {
    this.requestedAudio = this.audio[index]?.id ?? null;
    return this.requestedAudio;
  }

  get names() {
    return renditionNames(
      this.order.map(({ h, kbps }) => ({ height: h, bandwidth: kbps * 1000 })));
  }

  /** @returns {RenditionChoice | null} null without a choice */
  get choice() {
    const { names, order, requested, shown } = this;
    if (order.length < 2) return null;
    const index = order.findIndex(({ id }) => id === requested);
    return {
      names, current: order.findIndex(({ id }) => id === shown), requested: names[index] ?? null,
    };
  }

  /** @param {string | null} name null for the server's choice */
  choose(name) {
    const index = name === null || this.order.length < 2 ? -1 : this.names.indexOf(name);
    this.requested = this.order[index]?.id ?? null;
  }
}
