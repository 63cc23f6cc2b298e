// SPDX-License-Identifier: Apache-2.0
// Mouse, touch and keyboard on the tiles of the wall.

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./tile.js').Tile} Tile */

/** The directions of the arrow keys. */
const ARROWS = /** @type {Record<string, [x: number, y: number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
});

/**
 * The nearest box in a direction; null if there is none.
 * @template {{ x: number, y: number }} T the middles of boxes
 * @param {T} from @param {T[]} boxes @param {[x: number, y: number]} direction
 * @returns {T | null}
 */
export function nearestIn(from, boxes, [x, y]) {
  /** @type {T | null} */
  let best = null;
  let least = Infinity;
  for (const box of boxes) {
    const along = (box.x - from.x) * x + (box.y - from.y) * y;
    if (along < 2) continue;
    const across = Math.abs((box.x - from.x) * y) + Math.abs((box.y - from.y) * x);
    const distance = along + 3 * across;
    if (distance < least) [best, least] = [box, distance];
  }
  return best;
}

/** Makes pictures large, and moves them while the wall is edited. */
export class BoardInput {
  /** @param {Board} board */
  constructor(board) {
    this.board = board;
    this.isEditing = false;
    /** @type {Tile | null} */
    this.dragged = null;
    const { grid } = board;
    grid.addEventListener('click', ({ target }) => {
      const tile = this.coverOf(target);
      if (!tile || this.isEditing) return;
      board.showOnly(board.only ? null : tile);
    });
    grid.addEventListener('pointerdown', (event) => {
      const tile = this.isEditing ? this.coverOf(event.target) : null;
      if (!tile) return;
      this.dragged = tile;
      tile.element.classList.add('drag');
      tile.cover.setPointerCapture(event.pointerId);
    });
    grid.addEventListener('pointermove', (event) => {
      if (!this.dragged) return;
      const under = this.under(event);
      for (const tile of board.tiles) {
        tile.element.classList.toggle('over', tile === under && tile !== this.dragged);
      }
    });
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel'])) {
      grid.addEventListener(type, (event) => this.drop(event));
    }
    grid.addEventListener('keydown', (event) => this.press(event));
  }

  /** @param {EventTarget | null} target @returns {Tile | null} the tile whose cover it is */
  coverOf(target) {
    const tile = this.board.tileAt(/** @type {Element | null} */ (target));
    return tile && tile.cover === target ? tile : null;
  }

  /** @param {PointerEvent} event */
  under({ clientX, clientY }) {
    return this.board.tileAt(document.elementFromPoint(clientX, clientY));
  }

  /** @param {PointerEvent} event */
  drop(event) {
    const { board, dragged } = this;
    if (!dragged) return;
    this.dragged = null;
    for (const { element } of board.tiles) element.classList.remove('drag', 'over');
    const under = event.type === 'pointerup' ? this.under(event) : null;
    if (under) board.move(dragged, board.tiles.indexOf(under));
  }

  /** @param {KeyboardEvent} event on a tile or on its buttons */
  press(event) {
    const { board } = this, tile = board.tiles.find(({ element }) => element === event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || !tile) return;
    const direction = ARROWS[event.key];
    if (direction) {
      event.preventDefault();
      event.stopPropagation();
      this.go(tile, direction);
    } else if (event.key === 'Enter' && !this.isEditing) {
      event.preventDefault();
      board.showOnly(board.only ? null : tile);
    }
  }

  /** @param {Tile} tile @param {[x: number, y: number]} direction */
  go(tile, direction) {
    const boxes = this.board.shown.filter((one) => one !== tile).map((one) => boxOf(one));
    const { tile: next } = nearestIn(boxOf(tile), boxes, direction) ?? {};
    if (!next) return;
    if (this.isEditing) this.board.move(tile, this.board.tiles.indexOf(next));
    else next.element.focus();
  }
}

/** @param {Tile} tile */
function boxOf(tile) {
  const { left, top, width, height } = tile.element.getBoundingClientRect();
  return { tile, x: left + width / 2, y: top + height / 2 };
}
