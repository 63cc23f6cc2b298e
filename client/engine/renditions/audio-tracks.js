// SPDX-License-Identifier: Apache-2.0
// The audio tracks of the frame player, and the viewer's choice.

import { UnsupportedError } from '../../shared/errors.js';
import { audioFormat } from '../cmaf/header.js';
import { loadHeader } from '../transport/documents.js';
import { segmentNames } from '../transport/segment-names.js';
/** @typedef {import('../../shared/playlist.js').AudioRendition} AudioRendition */
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */

/**
 * A track that can follow another one at the start of a segment.
 * @typedef {{ index: number, names: SegmentNames, map: string, header: Uint8Array, type: string,
 *   timescale: number }} PreparedAudio
 */

/** The default track is the first. */
export class AudioTracks {
  /**
   * @param {(index: number) => Promise<Playlist>} load the playlist with this track as its audio
   * @param {AbortSignal} stop
   */
  constructor(load, stop) {
    this.load = load;
    this.stop = stop;
    /** @type {string[]} */
    this.names = [];
    /** The index of the chosen track, and of the one whose chunks are appended. */
    this.wanted = 0;
    this.heard = 0;
    /** @type {PreparedAudio[]} by index; those of the present attempt */
    this.prepared = [];
  }

  get isSwitching() { return this.wanted !== this.heard; }

  /** @returns {import('../players/player.js').AudioChoice | null} null without a choice */
  get choice() {
    return this.names.length < 2 ? null : { names: this.names, current: this.heard };
  }

  /**
   * The index of the chosen track; other tracks end the choice.
   * @param {AudioRendition[]} tracks
   */
  learn(tracks) {
    const names = tracks.map(({ name }) => name);
    if (names.join('\n') !== this.names.join('\n')) {
      this.names = names;
      this.wanted = 0;
    }
    return this.wanted;
  }

  /**
   * An attempt begins with this track; another one may have been chosen since its playlist.
   * @param {number} index
   */
  begin(index) {
    this.heard = index;
    this.prepared = [];
    if (this.isSwitching) void this.choose(this.wanted);
  }

  /**
   * Chooses a track. The old one goes on if the new one cannot be loaded.
   * @param {number} index
   */
  async choose(index) {
    const { prepared } = this;
    if (!this.names[index]) return;
    this.wanted = index;
    try {
      prepared[index] ??= await this.prepare(index);
    } catch {
      if (this.wanted === index && prepared === this.prepared) this.wanted = this.heard;
    }
  }

  /** @param {number} index */
  async prepare(index) {
    const { audio } = await this.load(index);
    const names = audio && segmentNames(audio), map = audio?.map;
    if (!names || !map) throw new UnsupportedError('no segments');
    const header = await loadHeader(map, this.stop), format = audioFormat(header);
    if (!format) throw new UnsupportedError('no AAC');
    return { index, names, map, header, ...format };
  }
}
