// SPDX-License-Identifier: Apache-2.0
// A WebSocket beside a player that gets its media over HTTP: clock, sync group, events, the state
// of the source, and the player's figures.

import { sleep } from '../../shared/deadline.js';
import { REFUSAL_TIME } from '../../shared/errors.js';
import { EVENT, missingIn, socketAddress } from '../transport/llws.js';
import { hasNoSockets, LiveSocket, refusalOf } from '../transport/socket.js';
import { eventOf } from '../transport/stream-events.js';
import { presenceOf } from './away.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../transport/stream-events.js').StreamEvent} StreamEvent */

/** The time before the next attempt after a lost connection: doubled up to the second value, ms. */
const FIRST_PAUSE = 500, LONGEST_PAUSE = 15000;
/** A player waits at most this time for the target of its group, ms. */
const LONGEST_JOIN = 1000;
/** A server that has never answered this number of attempts has no sockets. */
const LARGEST_FAILURES = 3;

/**
 * @typedef {object} ControlEvents
 * @property {(isOpen: boolean) => void} onOpen the server has answered, or the connection is lost
 * @property {() => number} need the latency that the player needs, s
 * @property {(target: number) => void} onTarget the target of the sync group, s
 * @property {(event: StreamEvent) => void} onEvent
 * @property {(source: import('./away.js').SourcePresence) => void} onSource
 * @property {(names: string[]) => void} onMissing the renditions without media
 */

/** A socket without media. It also measures the clock. */
export class ControlSocket {
  /**
   * @param {string} source URL of the playlist or MPD
   * @param {string | null} group the sync group
   * @param {ServerClock} clock @param {ControlEvents} events
   */
  constructor(source, group, clock, events) {
    this.source = source;
    this.group = group;
    this.clock = clock;
    this.events = events;
    this.closing = new AbortController();
    /** Ends the wait for the target of the group. */
    this.joining = new AbortController();
    /** The target of the group is known, or not expected soon. */
    this.untilJoined = group === null ? Promise.resolve()
      : sleep(LONGEST_JOIN, this.joining.signal);
    this.pause = FIRST_PAUSE;
    this.failures = 0;
    this.hasAnswered = false;
    this.isOpen = false;
    /** @type {LiveSocket | null} */
    this.socket = null;
    const isKnown = group === null && hasNoSockets(socketAddress(source));
    if ('WebSocket' in globalThis && !isKnown) this.connect();
    else this.joining.abort();
  }

  connect() {
    const socket = new LiveSocket(socketAddress(this.source), this.clock, {
      onControl: (message) => this.control(message),
      onMedia: ({ kind, media }) => {
        const event = kind === EVENT ? eventOf(new TextDecoder().decode(media)) : null;
        if (event) this.events.onEvent(event);
      },
      onEnd: () => void this.reconnect(),
    });
    this.socket = socket;
    socket.socket.addEventListener('open', () => {
      socket.send({ t: 'hello', v: 1 });
      const sync = this.group === null ? {}
        : { sync: this.group, need: Math.round(this.events.need() * 1000) };
      socket.send({ t: 'subscribe', tracks: [], ...sync });
      socket.send({ t: 'list' });
    });
  }

  /** @param {{ t: string } & Record<string, any>} message */
  control({ t, target, state, since, outage, channels }) {
    if (t === 'welcome') {
      this.hasAnswered = true;
      this.pause = FIRST_PAUSE;
      this.setOpen(true);
    } else if (t === 'sync' && target > 0) {
      this.events.onTarget(target / 1000);
      this.joining.abort();
    } else if (t === 'source' && since > 0) {
      this.events.onSource(presenceOf(state, since, outage));
    } else if (t === 'channels') {
      this.events.onMissing(missingIn(channels));
    }
  }

  /** @param {boolean} isOpen */
  setOpen(isOpen) {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    this.events.onOpen(isOpen);
  }

  async reconnect() {
    const { signal } = this.closing;
    this.setOpen(false);
    this.joining.abort();
    this.failures += 1;
    const { status, isMissing } = this.socket?.hasOpened === false
      ? await refusalOf(socketAddress(this.source), signal) : { status: null, isMissing: false };
    const isRefused = status !== null;
    // A server without sockets, or a cache that does not pass them.
    const hasNone = !this.hasAnswered
      && (isRefused || isMissing || this.failures >= LARGEST_FAILURES);
    if (this.group === null && hasNone) return;
    const share = 1 + Math.random();  // not all viewers at once
    const pause = isMissing ? LONGEST_PAUSE : this.pause;
    await sleep((isRefused ? REFUSAL_TIME : pause) * share, signal);
    this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
    if (!signal.aborted) this.connect();
  }

  /** @param {Record<string, number | boolean | null>} figures */
  report(figures) { this.socket?.send({ t: 'stat', ...figures, rtt: this.clock.roundTrip }); }

  close() {
    this.closing.abort();
    this.joining.abort();
    this.socket?.send({ t: 'bye', reason: 'stopped' });
    this.socket?.close();
  }
}
