// SPDX-License-Identifier: Apache-2.0
// The state of the connection of the WebSocket player.

/** @typedef {import('../transport/socket.js').LiveSocket} LiveSocket */

/**
 * `closed`: another socket opens later. `playing`: the server sends media. `paused`: the browser
 * wants none. `busy`: the server wants no other socket for `wait` ms. The socket was created at
 * `since`, ms; `source` is the state of the source by the server, empty while unknown.
 * @typedef {{ name: 'closed' }
 *   | { name: 'playing' | 'paused', socket: LiveSocket, since: number, source: string }
 *   | { name: 'busy', socket: LiveSocket, since: number, source: string, wait: number
 *   }} ConnectionState
 */

/**
 * @typedef {{ name: 'open', socket: LiveSocket, at: number } | { name: 'end' }
 *   | { name: 'pause' } | { name: 'resume' } | { name: 'source', state: string }
 *   | { name: 'busy', wait: number }} ConnectionEvent
 */

/**
 * @param {ConnectionState} state @param {ConnectionEvent} event
 * @returns {ConnectionState}
 */
export function connectionAfter(state, event) {
  if (event.name === 'open') {
    return { name: 'playing', socket: event.socket, since: event.at, source: '' };
  }
  if (state.name === 'closed' || event.name === 'end') return { name: 'closed' };
  if (event.name === 'source') return { ...state, source: event.state };
  if (event.name === 'busy') return { ...state, name: 'busy', wait: event.wait };
  if (state.name === 'busy') return state;
  return { ...state, name: event.name === 'pause' ? 'paused' : 'playing' };
}
