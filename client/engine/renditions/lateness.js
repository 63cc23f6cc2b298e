// SPDX-License-Identifier: Apache-2.0
// How much later than usual the chunks of a track arrive.

/** The time over which arrivals are judged, s. */
export const WINDOW = 0.5;
/** The time for which the shortest delay counts as the usual one, s. */
const USUAL_MEMORY = 30;
/** A lag that is lower than the highest one of the window by this is falling, s. */
const FALL = 0.05;
/** A longer time between two chunks is a gap in the media, s. */
const LONGEST_FRAME = 0.5;

/**
 * The arrivals of one track. All times in seconds: `now` on a monotonic clock, media times on that
 * of the stream.
 *
 * The delay of a chunk is the time of its arrival minus its media time. The shortest delay of the
 * last 30 s is the usual one, and the lag is the excess over it. A lag that grows or stays means
 * that media arrives more slowly than it is published; the lag of a backlog falls.
 */
export class Lateness {
  constructor() {
    /** @type {{ at: number, delay: number, end: number }[]} the latest chunks, oldest first */
    this.chunks = [];
    /** @type {{ at: number, bytes: number }[]} the pieces of the window, oldest first */
    this.pieces = [];
    /** @type {{ second: number, delay: number }[]} the shortest delay of each second */
    this.shortest = [];
    /** The media time of the latest chunk, and between two chunks. */
    this.time = NaN;
    this.duration = 0;
  }

  /** Forgets the arrivals, but not the usual delay: another connection, or another rendition. */
  restart() {
    this.chunks = [];
    this.pieces = [];
    this.time = NaN;
  }

  /** @param {number} now @param {number} bytes of a response that have arrived */
  piece(now, bytes) {
    this.pieces = this.pieces.filter(({ at }) => now - at < WINDOW);
    this.pieces.push({ at: now, bytes });
  }

  /** @param {number} now of the arrival @param {number} time media time */
  chunk(now, time) {
    const delay = now - time, step = time - this.time, second = Math.floor(now);
    if (step > 0 && step < LONGEST_FRAME) this.duration = step;
    this.time = time;
    // One chunk before the window is kept: it tells the lag at the start of the window.
    const first = this.chunks.findIndex(({ at }) => now - at < WINDOW);
    this.chunks = first < 0 ? this.chunks.slice(-1) : this.chunks.slice(Math.max(0, first - 1));
    this.chunks.push({ at: now, delay, end: time + this.duration });
    this.shortest = this.shortest.filter((entry) => now - entry.second < USUAL_MEMORY);
    const last = this.shortest[this.shortest.length - 1];
    if (last?.second === second) last.delay = Math.min(last.delay, delay);
    else this.shortest.push({ second, delay });
  }

  /** The usual delay; Infinity while unknown. */
  get usual() { return Math.min(...this.shortest.map(({ delay }) => delay)); }

  /** @param {number} now @returns {number} the lag of the newest or the next chunk; 0 if unknown */
  lag(now) {
    const last = this.chunks[this.chunks.length - 1];
    return last ? Math.max(last.delay, now - last.end) - this.usual : 0;
  }

  /** @param {number} now @returns {number} the lowest lag in the window; 0 if unknown */
  lowest(now) {
    const from = now - WINDOW, inside = this.chunks.filter(({ at }) => at > from);
    const before = this.chunks[this.chunks.length - inside.length - 1];
    if (!before) return 0;
    const first = Math.max(before.delay, from - before.end);
    return Math.min(first, ...inside.map(({ delay }) => delay)) - this.usual;
  }

  /** @param {number} now @returns {boolean} whether a backlog arrives */
  isFalling(now) {
    return this.lag(now) < Math.max(...this.chunks.map(({ delay }) => delay)) - this.usual - FALL;
  }

  /** @param {number} now @returns {boolean} whether bytes arrive in both halves of the window */
  isFlowing(now) {
    const isRecent = (/** @type {number} */ at) => now - at < WINDOW / 2;
    return this.pieces.some(({ at }) => isRecent(at))
      && this.pieces.some(({ at }) => !isRecent(at) && now - at < WINDOW);
  }

  /** @param {number} now @returns {number} bit/s in the window */
  rate(now) {
    const recent = this.pieces.filter(({ at }) => now - at < WINDOW);
    return recent.reduce((sum, { bytes }) => sum + bytes, 0) * 8 / WINDOW;
  }

  /** @param {number} now @returns {number} the media time that would arrive now without a lag */
  livePosition(now) { return now - this.usual; }
}
