// SPDX-License-Identifier: Apache-2.0
// The renditions of the frame player: their headers and names, and the choice.

import { tracksOf } from '../cmaf/header.js';
import { loadHeader, loadPlaylist } from '../transport/documents.js';
import { segmentNames } from '../transport/segment-names.js';
import { substituteFor } from './avoidance.js';
import { renditionNames } from './rendition-names.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').Rendition} Rendition */
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */

/** A rendition that could not be prepared is tried again after this time, ms. */
const RETRY_INTERVAL = 1000;

/**
 * A rendition that can follow another one at the start of a segment.
 * @typedef {object} Prepared
 * @property {number} index
 * @property {SegmentNames} names
 * @property {string} map URL of its CMAF header
 * @property {Uint8Array} header
 * @property {string} type MIME type with codecs
 */

/** The ladder of one stream. Renditions are in the order of their bitrates, the top first. */
export class Ladder {
  /**
   * @param {{ source: string, clock: ServerClock }} host `source`: URL of the playlist or MPD
   * @param {AbortSignal} stop
   */
  constructor(host, stop) {
    this.host = host;
    this.stop = stop;
    /** @type {{ index: number, rendition: Rendition }[]} `index`: in the playlist */
    this.order = [];
    /** The automatic choice, and the viewer's choice; null for the automatic one. */
    this.automatic = 0;
    /** @type {number | null} */
    this.requested = null;
    /** @type {Map<number, Prepared>} */
    this.prepared = new Map();
    /** @type {Map<number, Promise<Prepared | null>>} */
    this.preparing = new Map();
    /** @type {Map<number, number>} when a rendition could not be prepared */
    this.failedAt = new Map();
    /** The rendition of the latest chunk. */
    this.shown = 0;
    /** @type {Set<number>} renditions that are not requested */
    this.avoided = new Set();
  }

  /** The rendition for the next segment. */
  get wanted() { return this.allowed(this.requested ?? this.automatic); }

  /**
   * This rendition, or another one in its place.
   * @param {number} index @param {Set<number>} [more] renditions that are avoided, too
   */
  allowed(index, more) {
    const { avoided, order } = this;
    return substituteFor(index, order.length, more ? new Set([...avoided, ...more]) : avoided);
  }

  /**
   * The index in the playlist of the chosen rendition; learns the ladder from the playlist.
   * @param {Rendition[]} renditions
   */
  choose(renditions) {
    const order = renditions.map((rendition, index) => ({ index, rendition }))
      .sort((a, b) => b.rendition.bandwidth - a.rendition.bandwidth);
    const key = (/** @type {typeof order} */ list) => list
      .map(({ rendition }) => `${rendition.uri} ${rendition.bandwidth}`).join(' ');
    if (key(order) !== key(this.order)) {
      this.order = order;
      this.automatic = 0;
      this.requested = null;
      this.avoided = new Set();
      this.prepared.clear();
    }
    return order[this.wanted]?.index ?? 0;
  }

  /**
   * Takes the choices of a former player of the same stream.
   * @param {Ladder} before
   */
  inherit({ order, automatic, requested, avoided }) {
    Object.assign(this, { order, automatic, requested, avoided });
  }

  /** Forgets headers and names: the stream has started again. */
  forget() { this.prepared.clear(); }

  /** The names of the renditions, and the choice; null without a choice. */
  choice() {
    if (this.order.length < 2) return null;
    const names = renditionNames(this.order.map(({ rendition }) => rendition));
    const { requested } = this;
    return { names, current: this.shown, requested: requested === null ? null : names[requested] };
  }

  /** @param {string | null} name */
  request(name) {
    const index = this.choice()?.names.indexOf(name ?? '') ?? -1;
    this.requested = index < 0 ? null : index;
  }

  /** The rendition that the next segment shall have; null if it is not prepared. */
  next() {
    const found = this.prepared.get(this.wanted);
    if (!found) void this.prepare(this.wanted);
    return found ?? null;
  }

  /**
   * Loads the playlist and the CMAF header of a rendition; null if that fails. Concurrent callers
   * share the requests.
   * @param {number} index
   * @returns {Promise<Prepared | null>}
   */
  async prepare(index) {
    const found = this.prepared.get(index) ?? this.preparing.get(index);
    if (found || !this.order[index]) return found ?? null;
    if (performance.now() - (this.failedAt.get(index) ?? -Infinity) < RETRY_INTERVAL) return null;
    const loading = this.load(index).catch(() => null).then((prepared) => {
      this.preparing.delete(index);
      if (!prepared) this.failedAt.set(index, performance.now());
      return prepared;
    });
    this.preparing.set(index, loading);
    return loading;
  }

  /** @param {number} index */
  async load(index) {
    const { order } = this, { source, clock } = this.host;
    const list = await loadPlaylist(source, clock, this.stop, () => order[index].index);
    const names = segmentNames(list), { map } = list;
    if (!names || !map) return null;
    const [track] = tracksOf([await loadHeader(map, this.stop)]);
    if (order !== this.order) return null;
    const prepared = { index, names, map, ...track };
    this.prepared.set(index, prepared);
    return prepared;
  }
}
