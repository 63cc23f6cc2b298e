// SPDX-License-Identifier: Apache-2.0
// Whether the past of the wall is offered: the first archive of a shown stream loads its time bar.

import { LATER, stageOf } from '../player/element.js';
import { extentBeside } from '../engine/transport/source.js';
import { fragmentOf } from '../stage/markup.js';
/** @typedef {import('../stage/stage.js').Stage} Stage */
/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./past.js').WallPast} WallPast */

/** Asks the shown streams how far they go back, and loads the time bar. */
export class TimeOffer {
  /** @param {HTMLElement} footer @param {Board} board @param {WallPast} past */
  constructor(footer, board, past) {
    this.footer = footer;
    this.board = board;
    this.past = past;
    /** @type {import('./wall-time.js').WallTime | null} null until its code is there */
    this.time = null;
    this.isLoading = false;
  }

  /** The shown streams: the one that is heard first, since the stills of the bar are its own. */
  get stages() {
    const { heard, shown } = this.board;
    const tiles = [...shown].sort((one, other) => (
      Number(other === heard) - Number(one === heard)));
    return tiles.flatMap(({ player, name }) => {
      const stage = player && stageOf(player);
      return stage ? { name: name.textContent ?? '', stage } : [];
    });
  }

  /** Whether a shown stream has an archive. */
  get isOffered() { return !this.footer.hidden; }

  /** Called every second. */
  update() {
    const { stages, footer, board } = this;
    for (const { stage } of stages) loadExtent(stage);
    const hasArchive = stages.some(({ stage }) => (
      stage.playback.reach.document?.archive === true));
    // While the players of another page start, the bar stays.
    if (hasArchive === this.isOffered || !hasArchive && stages.some(({ stage }) => (
      stage.playback.reach.document === null))) return;
    footer.hidden = !hasArchive;
    board.arrange();
    if (hasArchive && !this.time && !this.isLoading) void this.load();
  }

  async load() {
    this.isLoading = true;
    try {
      const { WallTime } = await LATER.load();
      this.time = new WallTime(this.footer, this.past, () => this.stages, fragmentOf);
      this.board.arrange();
    } catch { /* the buttons and keys stay */ } finally {
      this.isLoading = false;
    }
  }

  /** @returns {Record<string, () => void>} the actions by key */
  get keys() {
    const { time } = this;
    if (!this.isOffered) return {};
    return {
      ...this.past.keys,
      ...time && { '+': () => time.bar.zoom(false), '-': () => time.bar.zoom(true) },
    };
  }
}

/**
 * Loads how far a stream goes back; an old answer is asked for again.
 * @param {Stage} stage
 */
function loadExtent({ playback }) {
  const { services: { services, isHalted }, reach, source, refusal } = playback;
  // The answer would be the same refusal.
  if (isHalted && refusal?.status !== 404) return;
  // A server without archives is asked once.
  if (reach.document !== null && reach.document.archive !== true) return;
  void reach.load(services ? new URL('dvr.json', services.timestamps).href : extentBeside(source));
}
