// SPDX-License-Identifier: Apache-2.0
// The tiles of the wall: their order, layout, pages, sound, and the one that is large.

import { columnsFor, LAYOUTS, moved } from './layout.js';
import { Tile } from './tile.js';
/** @typedef {import('./layout.js').WallStream} WallStream */

/** All tiles and where they are. */
export class Board {
  /**
   * @param {HTMLElement} grid @param {Record<string, string>} attributes of the players
   * @param {() => void} onChange the order, the layout or the page has changed
   * @param {() => void} onChoose other streams are wanted
   */
  constructor(grid, attributes, onChange, onChoose) {
    this.grid = grid;
    this.attributes = attributes;
    this.onChange = onChange;
    this.onChoose = onChoose;
    /** @type {Tile[]} in their order */
    this.tiles = [];
    this.layout = 'fit';
    this.page = 0;
    /** @type {Tile | null} the only one that is shown */
    this.only = null;
    /** @type {Tile | null} the one that is heard */
    this.heard = null;
  }

  get perPage() { return LAYOUTS[this.layout].tiles; }

  get pages() { return Math.max(1, Math.ceil(this.tiles.length / this.perPage)); }

  /** The tiles of the page. */
  get shown() { return this.tiles.slice(this.page * this.perPage, (this.page + 1) * this.perPage); }

  get players() { return this.shown.flatMap(({ player }) => player ?? []); }

  /**
   * Replaces the streams; players of streams that stay go on.
   * @param {WallStream[]} streams
   */
  setStreams(streams) {
    const known = new Map(this.tiles.map((tile) => [tile.stream.word, tile]));
    this.tiles = streams.map((stream) => {
      const tile = known.get(stream.word) ?? new Tile(stream, this.attributes, {
        onSound: (one) => this.hear(one === this.heard ? null : one),
        onOnly: (one) => this.showOnly(one === this.only ? null : one),
        onChoose: this.onChoose,
      });
      known.delete(stream.word);
      if (!tile.element.isConnected) this.grid.append(tile.element);
      return tile;
    });
    for (const tile of known.values()) {
      tile.stop();
      tile.element.remove();
      if (tile === this.heard) this.heard = null;
      if (tile === this.only) this.only = null;
    }
    this.page = Math.min(this.page, this.pages - 1);
    this.place();
  }

  /** @param {string} layout a key of LAYOUTS */
  setLayout(layout) {
    this.layout = layout;
    this.page = 0;
    this.only = null;
    this.place();
  }

  nextPage(by = 1) {
    this.page = (this.page + by + this.pages) % this.pages;
    this.only = null;
    this.place();
  }

  /** @param {Tile | null} tile null for all */
  showOnly(tile) {
    this.only = tile;
    this.place();
  }

  /** @param {Tile | null} tile null for silence */
  hear(tile) {
    this.heard = tile;
    for (const one of this.tiles) one.hear(one === tile);
    this.onChange();
  }

  /** @param {Tile} tile @param {number} index */
  move(tile, index) {
    const from = this.tiles.indexOf(tile);
    if (index < 0 || index >= this.tiles.length || index === from) return;
    this.tiles = moved(this.tiles, from, index);
    this.place();
    tile.element.focus();
  }

  /** @param {Element | null} element @returns {Tile | null} the tile that contains it */
  tileAt(element) {
    return this.tiles.find((tile) => tile.element.contains(element)) ?? null;
  }

  /** Places the tiles of the page, and ends the players of the others. */
  place() {
    const { grid, shown } = this, { style } = LAYOUTS[this.layout];
    grid.className = `tiles ${style}${this.only ? ' only' : ''}`;
    this.tiles.forEach((tile, index) => {
      const isShown = shown.includes(tile);
      tile.element.hidden = !isShown;
      // The order of the elements stays: a player that moves in the document starts again.
      tile.element.style.order = String(index);
      tile.element.classList.toggle('first', tile === shown[0]);
      tile.element.classList.toggle('chosen', tile === this.only);
      if (isShown) tile.start();
      else tile.stop();
    });
    this.arrange();
    this.onChange();
  }

  /** Fits the players into the window. */
  arrange() {
    const { grid } = this, count = Math.max(1, this.shown.length);
    const columns = columnsFor(count, grid.clientWidth, grid.clientHeight || innerHeight);
    grid.style.setProperty('--columns', String(columns));
    grid.style.setProperty('--rows', String(Math.ceil(count / columns)));
    grid.style.setProperty('--narrow', count > 3 ? '2' : '1');
  }
}
