// SPDX-License-Identifier: Apache-2.0
// The content of /stats.json, and the history that the page keeps.

/** The time that the charts show, ms. */
export const SPAN = 600000;

/** The transports in the order of the charts, with their names for people. */
export const TRANSPORTS = {
  ws: 'WebSocket', http: 'HTTP frames', llhls: 'LL-HLS', hls: 'HLS', dash: 'DASH',
  relay: 'Uploaded files',
};

/** @typedef {{ min: number, avg: number, p50: number, p95: number, max: number }} Delay ms */

/**
 * Several viewers together; values that are unknown are absent.
 * @typedef {object} Summary
 * @property {number} viewers
 * @property {Record<string, number>} transports
 * @property {number} kbps
 * @property {Delay} [delay]
 * @property {number} [rtt] ms
 */

/**
 * @typedef {object} Viewer
 * @property {string} sid
 * @property {string} ip masked
 * @property {string} ua
 * @property {string} transport
 * @property {string} rendition
 * @property {number} kbps
 * @property {number} skips
 * @property {number} since Unix ms
 * @property {number} [delay] ms
 * @property {number} [delivery] ms
 * @property {number} [buf] ms
 * @property {number} [rtt] ms
 * @property {number} [drops]
 * @property {number} [stalls]
 */

/**
 * A receiver to which the stream is pushed.
 * @typedef {object} Push
 * @property {string} to without secrets
 * @property {string} state
 * @property {number} seconds in this state
 * @property {string} [reason] why it gets nothing
 * @property {string[]} renditions
 * @property {number} bytes
 * @property {number} dropped
 * @property {number} reconnects
 */

/** @typedef {Record<string, number | null>} Row a row of the history by the names of its columns */

/**
 * @typedef {object} Stream
 * @property {string} name
 * @property {string} [label] its name for people
 * @property {string} state
 * @property {number} [since] Unix ms
 * @property {Summary} aggregate
 * @property {(Summary & { name: string })[]} renditions
 * @property {Viewer[]} viewers
 * @property {Push[]} [push]
 * @property {number} [omitted]
 * @property {{ columns: string[], rows: (number | null)[][] }} [history]
 */

/** @typedef {{ now: number, streams: Stream[] }} Statistics */

/** The rows of the last ten minutes by the names of the streams. */
export class History {
  constructor() {
    /** @type {Map<string, Row[]>} */
    this.rows = new Map();
    /** The time of the newest row, Unix ms. */
    this.newest = 0;
  }

  /**
   * Appends the rows of a response, and forgets old rows and streams that no longer exist. If the
   * server's clock was set back, it begins again with the next response.
   * @param {Statistics} statistics
   */
  add({ now, streams }) {
    if (this.newest > now) {
      this.rows.clear();
      this.newest = 0;
    }
    /** @type {Map<string, Row[]>} */
    const kept = new Map();
    const known = this.newest;
    for (const { name, history } of streams) {
      const old = (this.rows.get(name) ?? []).filter(({ t }) => (t ?? 0) > now - SPAN);
      const rows = history ? history.rows.map((row) => rowOf(history.columns, row)) : [];
      const fresh = rows.filter(({ t }) => (
        (t ?? 0) > Math.max(known, now - SPAN) && (t ?? 0) <= now));
      kept.set(name, [...old, ...fresh]);
      for (const { t } of fresh) this.newest = Math.max(this.newest, t ?? 0);
    }
    this.rows = kept;
  }

  /** @param {string} stream */
  of(stream) { return this.rows.get(stream) ?? []; }
}

/**
 * @param {string[]} columns @param {(number | null)[]} values
 * @returns {Row}
 */
function rowOf(columns, values) {
  return Object.fromEntries(columns.map((name, i) => [name, values[i] ?? null]));
}
