// SPDX-License-Identifier: Apache-2.0
// Whether a publisher sends frames of its video.

/**
 * `off`: no frames are sent. `key`: frames are sent, and the next one has to be a key frame. `on`:
 * key frames follow the grid.
 * @typedef {'off' | 'key' | 'on'} Sending
 */

/**
 * `begin`: a connection is open. `key`: a key frame is needed. `encode`: a frame was encoded.
 * `end`: the connection is lost, or publishing has ended.
 * @param {Sending} state @param {'begin' | 'key' | 'encode' | 'end'} event
 * @returns {Sending}
 */
export function sendingAfter(state, event) {
  if (event === 'begin') return 'key';
  if (event === 'end' || state === 'off') return 'off';
  return event === 'key' ? 'key' : 'on';
}
