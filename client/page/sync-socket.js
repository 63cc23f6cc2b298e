// SPDX-License-Identifier: Apache-2.0
// A sync group for players that get their media without a WebSocket.

import { sleep } from '../shared/deadline.js';
import { socketAddress } from './llws.js';
import { LiveSocket } from './socket.js';
/** @typedef {import('../shared/clock.js').ServerClock} ServerClock */

/** The time before the next attempt after a lost connection: doubled up to the second value, ms. */
const FIRST_PAUSE = 500, LONGEST_PAUSE = 15000;

/** A member of a group, by a socket without media. The socket also measures the clock. */
export class SyncSocket {
  /**
   * @param {string} source URL of the playlist or MPD
   * @param {string} group @param {ServerClock} clock
   * @param {(target: number) => void} onTarget the target of the group, s
   */
  constructor(source, group, clock, onTarget) {
    this.source = source;
    this.group = group;
    this.clock = clock;
    this.onTarget = onTarget;
    this.closing = new AbortController();
    this.pause = FIRST_PAUSE;
    /** @type {LiveSocket | null} */
    this.socket = null;
    if ('WebSocket' in globalThis) this.connect();
  }

  connect() {
    const socket = new LiveSocket(socketAddress(this.source), this.clock, {
      onControl: ({ t, target }) => {
        if (t !== 'sync' || !(target > 0)) return;
        this.pause = FIRST_PAUSE;
        this.onTarget(target / 1000);
      },
      onMedia: () => {},
      onEnd: () => void this.reconnect(),
    });
    this.socket = socket;
    socket.socket.addEventListener('open', () => {
      socket.send({ t: 'hello', v: 1 });
      socket.send({ t: 'subscribe', tracks: [], sync: this.group });
    });
  }

  async reconnect() {
    const { signal } = this.closing;
    await sleep(this.pause, signal);
    this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
    if (!signal.aborted) this.connect();
  }

  /** @param {Record<string, number | boolean | null>} figures */
  report(figures) { this.socket?.send({ t: 'stat', ...figures, rtt: this.clock.roundTrip }); }

  close() {
    this.closing.abort();
    this.socket?.send({ t: 'bye', reason: 'stopped' });
    this.socket?.close();
  }
}
