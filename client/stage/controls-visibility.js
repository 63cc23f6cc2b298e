// SPDX-License-Identifier: Apache-2.0
// When the controls over a playing picture are shown: decided by mouse, touch and keyboard.

/** The controls are hidden after this time without an operation, ms; `TOUCH` after a touch. */
const IDLE_TIME = 3000, TOUCH_IDLE_TIME = 5000;
/** Two taps at the same side within this time are one double tap, ms. */
const DOUBLE_TIME = 300;

/** @typedef {'left' | 'middle' | 'right'} Side of the picture: thirds of its width */

/** Decides whether the controls are shown while the picture plays. Times are in ms. */
export class ControlsVisibility {
  /** @param {number} now @param {boolean} isHidden until the first operation */
  constructor(now, isHidden) {
    this.operatedAt = isHidden ? -Infinity : now;
    /** Whether a person has operated the player. */
    this.wasOperated = !isHidden;
    /** Whether the last operation was a touch, or a pen's. */
    this.isTouched = false;
    /** Whether the mouse, or a finger, is on the controls. */
    this.isPointerOnControls = false;
    /** @type {{ at: number, side: Side, wasShown: boolean } | null} */
    this.tapped = null;
  }

  /** @param {number} now a key was pressed, or an element has got the visible focus */
  operated(now) {
    this.operatedAt = now;
    this.wasOperated = true;
  }

  /**
   * A pointer was moved or pressed over the picture, or over the controls. A finger on the picture
   * has no effect before it has become a tap: it may scroll the page, or zoom.
   * @param {number} now @param {string} pointerType @param {boolean} isOnControls
   */
  pointed(now, pointerType, isOnControls) {
    this.isTouched = pointerType !== 'mouse';
    if (!this.isTouched || isOnControls) this.operated(now);
  }

  /**
   * A click or a tap on the picture: a tap shows the hidden controls, or hides the shown ones.
   * @param {number} now @param {boolean} isShown
   */
  clicked(now, isShown) {
    if (!this.isTouched) return;
    this.operated(isShown ? -Infinity : now);
  }

  /**
   * Whether this tap is the second one at a side. The controls are then as before the first one.
   * @param {number} now @param {Side} side @param {boolean} isShown whether the controls were
   */
  isDoubleTap(now, side, isShown) {
    const { tapped } = this;
    const isSecond = tapped !== null && side !== 'middle' && tapped.side === side
      && now - tapped.at < DOUBLE_TIME;
    this.tapped = { at: now, side, wasShown: isSecond ? tapped.wasShown : isShown };
    if (isSecond) this.operated(this.tapped.wasShown ? now : -Infinity);
    return isSecond;
  }

  /** @param {string} pointerType of a pointer that has left: a finger does so after each tap */
  left(pointerType) {
    if (pointerType === 'mouse') this.operatedAt = -Infinity;
  }

  /** @param {number} now */
  isOperated(now) {
    const limit = this.isTouched ? TOUCH_IDLE_TIME : IDLE_TIME;
    return this.isPointerOnControls || now - this.operatedAt < limit;
  }
}

/**
 * The side of the picture at a place.
 * @param {number} x @param {{ left: number, width: number }} box of the picture
 * @returns {Side}
 */
export function sideAt(x, { left, width }) {
  const share = (x - left) / Math.max(1, width);
  return share < 1 / 3 ? 'left' : share > 2 / 3 ? 'right' : 'middle';
}
