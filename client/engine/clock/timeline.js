// SPDX-License-Identifier: Apache-2.0
// Media time and wall clock.

/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */

/** A larger change of the offset is a step of the server's clock, s. */
const STEP = 0.05;
/** The number of segments whose start is kept. */
const KEPT_STARTS = 30;

/** Maps media time to PROGRAM-DATE-TIME, by segments of which both are known. */
export class MediaTimeline {
  /** @param {() => void} onStep the server's clock was set: dates follow it, media time does not */
  constructor(onStep) {
    this.onStep = onStep;
    /** @type {number | null} PROGRAM-DATE-TIME − media time, s */
    this.offset = null;
    /** @type {Map<number, number>} PROGRAM-DATE-TIME by segment number, Unix seconds */
    this.dates = new Map();
    /** @type {Map<number, number>} media time by segment number, s */
    this.starts = new Map();
  }

  /** @param {Playlist} list */
  learnDates(list) {
    this.dates.clear();
    for (const { number, date } of list.segments) if (date !== null) this.dates.set(number, date);
    if (list.openDate !== null) this.dates.set(list.openNumber, list.openDate);
    for (const number of this.dates.keys()) this.match(number);
  }

  /** @param {number} number of a segment @param {number} time its media time, s */
  learnStart(number, time) {
    this.starts.set(number, time);
    this.starts.delete(number - KEPT_STARTS);
    this.match(number);
  }

  /** @param {number} number */
  match(number) {
    const date = this.dates.get(number), start = this.starts.get(number);
    if (date === undefined || start === undefined) return;
    if (this.offset !== null && Math.abs(date - start - this.offset) > STEP) this.onStep();
    this.offset = date - start;
  }

  /** @param {number} time media time, s @returns {number | null} Unix seconds; null if unknown */
  dateOf(time) { return this.offset === null ? null : time + this.offset; }
}
