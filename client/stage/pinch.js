// SPDX-License-Identifier: Apache-2.0
// Two fingers that move apart or towards each other.

/** @typedef {Pick<PointerEvent, 'pointerId' | 'clientX' | 'clientY'>} Finger */

/** Fingers closer than this are as far apart as this, pixels. */
const LEAST_DISTANCE = 20;

/** Follows the fingers on one element. */
export class Pinch {
  constructor() {
    /** @type {Map<number, Finger>} */
    this.fingers = new Map();
    this.begun = LEAST_DISTANCE;
    /** The length of the bar at the start, s. */
    this.span = 0;
  }

  get distance() {
    const [one, other] = this.fingers.values();
    return Math.max(
      LEAST_DISTANCE, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
  }

  /** @param {Finger} finger @returns {boolean} whether two fingers are there now */
  press(finger) {
    this.fingers.set(finger.pointerId, finger);
    if (this.fingers.size !== 2) return false;
    this.begun = this.distance;
    return true;
  }

  /** @param {Finger} finger @returns {number | null} the zoom; null without two fingers */
  move(finger) {
    if (!this.fingers.has(finger.pointerId)) return null;
    this.fingers.set(finger.pointerId, finger);
    return this.fingers.size === 2 ? this.distance / this.begun : null;
  }

  /** @param {Pick<Finger, 'pointerId'>} finger */
  release({ pointerId }) { this.fingers.delete(pointerId); }
}
