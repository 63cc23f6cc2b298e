// SPDX-License-Identifier: Apache-2.0
// One connection of the protocol llws.v1, with its clock.

import { agreeing, localNow } from '../../shared/clock.js';
import { within } from '../../shared/deadline.js';
import { isRefusal, isWithoutSockets } from '../../shared/errors.js';
import { controlMessage, mediaMessage, PROTOCOL } from './llws.js';
import { retrieve } from './connection.js';
import { withNewestToken } from './playback-tokens.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../../shared/clock.js').TimeSample} TimeSample */
/** @typedef {import('./llws.js').MediaMessage} MediaMessage */

/** The server may hold its answer while it is busy, ms. */
const OPEN_TIMEOUT = 9000;
/** The time for the plain request that asks for the status of a refusal, ms. */
const REFUSAL_TIMEOUT = 3000;
/** The first measurements of the clock, then the usual interval between two of them, ms. */
const FIRST_PINGS = 8, FIRST_PING_INTERVAL = 100, PING_INTERVAL = 5000;
/** The interval while nothing is received, and the time after which the connection is lost, ms. */
const QUIET_INTERVAL = 1000, LOST_TIME = 4000;
/** The number of latest measurements, of which the one with the shortest round trip counts. */
const KEPT_SAMPLES = 8;

/**
 * @typedef {object} SocketEvents
 * @property {(message: { t: string } & Record<string, any>) => void} onControl
 * @property {(message: MediaMessage) => void} onMedia
 * @property {(reason: string) => void} onEnd called once, not after `close`
 */

/**
 * The addresses at which no socket opens, as behind a proxy that passes no upgrade. They are not
 * tried again while the document lives, unless a socket is requested.
 * @type {Set<string>}
 */
const withoutSockets = new Set();

/** @param {string} url whether no socket opens there */
export function hasNoSockets(url) { return withoutSockets.has(url); }

/** Forgets what was learnt: the viewer requests a player again. */
export function forgetMissingSockets() { withoutSockets.clear(); }

/**
 * Why a socket did not open. `status`: that of a refusal of this client, 401, 403 or 410, else
 * null; `isMissing`: whether another attempt has no chance. After a lost connection, or if there is
 * no answer, it has one.
 *
 * Browsers hide the status of a WebSocket that does not open: a plain request has the same one.
 * @param {string} url @param {AbortSignal} stop
 * @returns {Promise<{ status: number | null, isMissing: boolean }>}
 */
export async function refusalOf(url, stop) {
  try {
    return await within(REFUSAL_TIMEOUT, async (signal) => {
      const { status } = await retrieve(url.replace(/^ws/, 'http'), { signal, cache: 'no-store' });
      if (isRefusal(status)) return { status, isMissing: false };
      const isMissing = isWithoutSockets(status);
      if (isMissing) withoutSockets.add(url);
      return { status: null, isMissing };
    }, stop);
  } catch {
    return { status: null, isMissing: false };
  }
}

/** A WebSocket whose server's clock is measured while it is open. */
export class LiveSocket {
  /** @param {string} url @param {ServerClock} clock @param {SocketEvents} events */
  constructor(url, clock, events) {
    this.clock = clock;
    this.events = events;
    this.isEnded = false;
    /** Whether the connection was open. */
    this.hasOpened = false;
    this.pings = 0;
    this.pongs = 0;
    /** @type {TimeSample[]} */
    this.samples = [];
    this.heardAt = performance.now();
    this.openedAt = this.heardAt;
    this.pingedAt = -Infinity;
    this.socket = new WebSocket(withNewestToken(url), PROTOCOL);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => {
      this.hasOpened = true;
      withoutSockets.delete(url);
      this.heardAt = performance.now();
      this.ping();  // answered before the first media, whose place depends on the clock
    };
    this.socket.onmessage = ({ data }) => this.received(data);
    this.socket.onclose = ({ code, reason }) => {
      const words = reason === '' ? `code ${code}` : reason;
      this.end(`the socket was closed: ${words}`);
    };
    this.timer = setInterval(() => this.check(), FIRST_PING_INTERVAL);
  }

  get isOpen() { return this.socket.readyState === WebSocket.OPEN; }

  /** @param {Record<string, unknown>} message */
  send(message) { if (this.isOpen) this.socket.send(JSON.stringify(message)); }

  /** @param {string | ArrayBuffer} data */
  received(data) {
    if (this.isEnded) return;
    this.hasOpened = true;
    this.heardAt = performance.now();
    if (typeof data !== 'string') {
      const message = mediaMessage(data);
      if (message) this.events.onMedia(message);
      return;
    }
    const message = controlMessage(data);
    if (message?.t === 'pong') this.measured(message);
    else if (message) this.events.onControl(message);
  }

  /** @param {Record<string, any>} pong */
  measured({ c, r, s }) {
    if (![c, r, s].every(Number.isFinite)) return;
    this.samples.push({ sent: c, received: localNow(), server: (r + s) / 2 });
    this.samples = agreeing(this.samples).slice(-KEPT_SAMPLES);
    this.pongs += 1;
    if (this.pongs >= 3 || this.clock.roundTrip === null) this.clock.learn(this.samples);
  }

  /** Measures the clock, and ends the connection if nothing is received. */
  check() {
    const now = performance.now(), silence = now - this.heardAt;
    if (!this.isOpen) {
      if (now - this.openedAt > OPEN_TIMEOUT) this.end('the socket did not open');
      return;
    }
    if (silence > LOST_TIME && now - this.pingedAt < LOST_TIME) {
      this.end('the server does not answer');
      return;
    }
    const usual = this.pings < FIRST_PINGS ? FIRST_PING_INTERVAL : PING_INTERVAL;
    const interval = silence > QUIET_INTERVAL ? Math.min(usual, QUIET_INTERVAL) : usual;
    if (now - this.pingedAt >= interval - 5) this.ping();
  }

  ping() {
    this.pingedAt = performance.now();
    this.pings += 1;
    this.send({ t: 'ping', id: this.pings, c: localNow() });
  }

  /** @param {string} reason */
  end(reason) {
    if (this.isEnded) return;
    this.close();
    this.events.onEnd(reason);
  }

  close() {
    this.isEnded = true;
    clearInterval(this.timer);
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
  }
}
