// SPDX-License-Identifier: Apache-2.0
// When the controls over a playing picture are shown: decided by mouse, touch and keyboard.

/** The controls are hidden after this time without an operation, ms; `TOUCH` after a touch. */
const IDLE_TIME = 2500, TOUCH_IDLE_TIME = 5000;

/** Decides whether the controls are shown while the picture plays. Times are in ms. */
export class ControlsVisibility {
  /** @param {number} now @param {boolean} isHidden until the first operation */
  constructor(now, isHidden) {
    this.operatedAt = isHidden ? -Infinity : now;
    /** Whether the last operation was a touch, or a pen's. */
    this.isTouched = false;
    /** Whether the mouse, or a finger, is on the controls. */
    this.isPointerOnControls = false;
  }

  /** @param {number} now a key was pressed, or an element has got the visible focus */
  operated(now) {
    this.operatedAt = now;
  }

  /**
   * A pointer was moved or pressed over the picture, or over the controls. A finger on the picture
   * has no effect before it has become a tap: it may scroll the page, or zoom.
   * @param {number} now @param {string} pointerType @param {boolean} isOnControls
   */
  pointed(now, pointerType, isOnControls) {
    this.isTouched = pointerType !== 'mouse';
    if (!this.isTouched || isOnControls) this.operatedAt = now;
  }

  /**
   * A click or a tap on the picture: a tap shows the hidden controls, or hides the shown ones.
   * @param {number} now @param {boolean} isShown
   */
  clicked(now, isShown) {
    if (this.isTouched) this.operatedAt = isShown ? -Infinity : now;
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
