// SPDX-License-Identifier: Apache-2.0
// The groups of messages that a socket receives: one for each track.

import { CATCH_UP, groupOf } from './llws.js';
/** @typedef {import('./llws.js').Group} Group */
/** @typedef {import('./llws.js').MediaMessage} MediaMessage */

/**
 * `next`: the number of the first chunk that was not published yet when the group was joined;
 * `isAtEdge`: whether all chunks before it were received.
 * @typedef {Group & { header: Uint8Array | null, next: number, isAtEdge: boolean }} OpenGroup
 */

/** The present subscription of a socket. */
export class Subscription {
  constructor() {
    /** @type {Map<number, OpenGroup>} by the numbers of the groups */
    this.groups = new Map();
    /** @type {string[]} of the media that the server sends */
    this.tracks = [];
  }

  get isEmpty() { return this.groups.size === 0; }

  get hasAudio() { return this.tracks.includes('a'); }

  /** Whether the chunks that were published before the start were received, of all tracks. */
  get isAtEdge() {
    const groups = [...this.groups.values()];
    return groups.length >= this.tracks.length && groups.every(({ isAtEdge }) => isAtEdge);
  }

  /** The groups, video first; null until the header of each track was received. */
  get complete() {
    const open = ['v', 'a'].flatMap((track) => [...this.groups.values()]
      .filter((group) => group.track === track && group.header !== null));
    return open.length < this.tracks.length ? null : open;
  }

  /** @param {number} cid */
  groupOf(cid) { return this.groups.get(cid); }

  /**
   * Takes the place of the group of the same track.
   * @param {Record<string, any>} message that names the group
   * @returns {OpenGroup | null} null for a message without one
   */
  add(message) {
    const named = groupOf(message);
    if (!named) return null;
    for (const [cid, { track }] of this.groups) if (track === named.track) this.groups.delete(cid);
    const group = { ...named, header: null, next: NaN, isAtEdge: false };
    this.groups.set(group.cid, group);
    return group;
  }

  /** @param {OpenGroup} group @param {MediaMessage} message a chunk */
  received(group, { flags, sequence }) {
    const isLast = (sequence + 1) % 2 ** 32 === group.next;
    if (isLast || (flags & CATCH_UP) === 0) group.isAtEdge = true;
  }

  /** The chunks up to the live edge are awaited again. */
  leaveEdge() {
    for (const group of this.groups.values()) group.isAtEdge = false;
  }

  clear() { this.groups.clear(); }
}
