// SPDX-License-Identifier: Apache-2.0
// A socket that opens beside one that brings no media.

/** @typedef {import('../transport/socket.js').LiveSocket} LiveSocket */

/**
 * One socket beside another. After a silence of the line either may be the first that works again:
 * the old one with the next attempt of the server, or the new one with the next of the browser.
 */
export class SecondSocket {
  constructor() {
    /** @type {LiveSocket | null} */
    this.socket = null;
  }

  get isOpening() { return this.socket !== null; }

  /**
   * @param {LiveSocket} socket
   * @param {() => void} onOpen takes the socket, or closes it
   */
  open(socket, onOpen) {
    this.socket = socket;
    socket.socket.addEventListener('open', () => {
      if (this.socket !== socket) return;
      this.socket = null;
      onOpen();
    });
  }

  /**
   * @param {LiveSocket} socket that has ended
   * @returns {boolean} whether it was this one, which never opened
   */
  hasFailed(socket) {
    if (this.socket !== socket) return false;
    this.socket = null;
    return true;
  }

  /** The old socket has ended, or the player. */
  drop() {
    this.socket?.close();
    this.socket = null;
  }
}
