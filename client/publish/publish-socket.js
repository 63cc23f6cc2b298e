// SPDX-License-Identifier: Apache-2.0
// One connection of llws-publish.v1, with its clock.

import { agreeing, localNow } from '../shared/clock.js';
import { PROTOCOL } from './frame-message.js';
/** @typedef {import('../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../shared/clock.js').TimeSample} TimeSample */

/** The first measurements of the clock, then the usual interval between two of them, ms. */
const FIRST_PINGS = 8, FIRST_INTERVAL = 40, INTERVAL = 2000;
/** The time until the server permits publishing, and without any message, ms. */
const OPEN_TIMEOUT = 9000, LOST_TIME = 6000;
/** The latest measurements that count. */
const KEPT_SAMPLES = 8;

/**
 * `error`: a refusal, whose `retry` is a time in ms, or null if another attempt makes no sense.
 * @typedef {object} PublishEvents
 * @property {(welcome: Record<string, any>) => void} onWelcome the clock is known
 * @property {(message: { t: string } & Record<string, any>) => void} onMessage
 * @property {(reason: string, error: { code: string, retry: number | null } | null) => void} onEnd
 *   called once, not after `close`
 */

/** A random name, by which a publisher continues over another connection. */
export function newName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (
    byte.toString(16).padStart(2, '0'))).join('');
}

/** A WebSocket of a publisher. */
export class PublishSocket {
  /**
   * @param {string} url @param {Record<string, unknown>} hello @param {ServerClock} clock
   * @param {PublishEvents} events
   */
  constructor(url, hello, clock, events) {
    this.clock = clock;
    this.events = events;
    this.isEnded = false;
    this.pings = 0;
    /** @type {TimeSample[]} */
    this.samples = [];
    /** @type {Record<string, any> | null} until the clock is known */
    this.welcome = null;
    this.isReady = false;
    /** @type {{ code: string, retry: number | null, msg: string } | null} */
    this.error = null;
    this.openedAt = performance.now();
    this.heardAt = this.openedAt;
    this.pingedAt = -Infinity;
    this.socket = new WebSocket(url, PROTOCOL);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => {
      this.send({ t: 'hello', v: 1, ...hello });
      this.ping();
    };
    this.socket.onmessage = ({ data }) => this.received(data);
    this.socket.onclose = ({ code, reason }) => {
      const words = this.error?.msg ?? (reason === '' ? `code ${code}` : reason);
      this.end(words, this.error);
    };
    this.timer = setInterval(() => this.check(), FIRST_INTERVAL);
  }

  get isOpen() { return this.socket.readyState === WebSocket.OPEN; }

  /** The bytes that the browser has not given to the system. */
  get bufferedBytes() { return this.socket.bufferedAmount; }

  /** @param {Record<string, unknown> | Uint8Array} message */
  send(message) {
    if (!this.isOpen) return;
    this.socket.send(message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** @param {unknown} data */
  received(data) {
    if (this.isEnded || typeof data !== 'string') return;
    this.heardAt = performance.now();
    let message;
    try { message = JSON.parse(data); } catch { return; }
    if (message?.t === 'pong') this.measured(message);
    else if (message?.t === 'welcome') this.welcome = message;
    else if (message?.t === 'error') {
      const retry = Number.isFinite(message.retry) ? message.retry : null;
      this.error = { code: String(message.code), retry, msg: String(message.msg) };
    } else if (typeof message?.t === 'string') this.events.onMessage(message);
    if (this.welcome && !this.isReady && this.samples.length > 0) {
      this.isReady = true;
      this.events.onWelcome(this.welcome);
    }
  }

  /** @param {Record<string, any>} pong */
  measured({ c, r, s }) {
    if (![c, r, s].every(Number.isFinite)) return;
    this.samples.push({ sent: c, received: localNow(), server: (r + s) / 2 });
    this.samples = agreeing(this.samples).slice(-KEPT_SAMPLES);
    this.clock.learn(this.samples);
  }

  /** Measures the clock, and ends a connection that does not answer. */
  check() {
    const now = performance.now();
    if (!this.isReady && now - this.openedAt > OPEN_TIMEOUT) {
      this.end('the server does not answer', null);
    } else if (this.isReady && now - this.heardAt > LOST_TIME && now - this.pingedAt < LOST_TIME) {
      this.end('the server does not answer', null);
    } else if (now - this.pingedAt > (this.pings < FIRST_PINGS ? FIRST_INTERVAL : INTERVAL)) {
      this.ping();
    }
  }

  ping() {
    if (!this.isOpen) return;
    this.pingedAt = performance.now();
    this.pings += 1;
    this.send({ t: 'ping', id: this.pings, c: localNow() });
  }

  /** @param {string} reason @param {{ code: string, retry: number | null } | null} error */
  end(reason, error) {
    if (this.isEnded) return;
    this.close();
    this.events.onEnd(reason, error);
  }

  close() {
    this.isEnded = true;
    clearInterval(this.timer);
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
  }
}
