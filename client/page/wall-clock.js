// SPDX-License-Identifier: Apache-2.0
// The clock of the server over the picture: its difference from a clock in the picture is the age
// of the frame.

/**
 * Shows the time with each refresh of the screen, in UTC as the burned clock.
 * @param {HTMLElement} frame the box of the picture
 * @param {{ now: () => number }} clock Unix ms
 */
export function showWallClock(frame, clock) {
  const shown = document.createElement('p');
  shown.className = 'wallclock';
  shown.setAttribute('aria-hidden', 'true');
  frame.append(shown);
  const draw = () => {
    shown.textContent = wallTimeOf(clock.now());
    requestAnimationFrame(draw);
  };
  draw();
}

/** @param {number} at Unix ms @returns {string} such as 15:22:08.120 UTC */
export const wallTimeOf = (at) => `${new Date(at).toISOString().slice(11, 23)} UTC`;
