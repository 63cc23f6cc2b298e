// SPDX-License-Identifier: Apache-2.0
// The cues of one language, and the text at an instant.

/** @typedef {import('./caption-blocks.js').CaptionBlock} CaptionBlock */

/**
 * A text and its capture times, Unix ms. `line` is its upper edge, percent of the height of the
 * picture; absent above the lower edge. `align` is absent for centred lines.
 * @typedef {{ id: number, start: number, end: number, text: string, line?: number,
 *   align?: 'start' | 'end' }} Cue
 */

/** The most cues that are kept; the server has at most 500 of a language. */
const MOST_CUES = 600;

/**
 * Reads a response of `cues.json`; malformed cues are left out.
 * @param {any} response
 * @returns {{ revision: number, cues: Cue[] } | null} null for another document
 */
export function cuesOf(response) {
  const { revision, cues } = response ?? {};
  if (!Number.isSafeInteger(revision) || revision < 0 || !Array.isArray(cues)) return null;
  const found = cues.slice(-MOST_CUES).filter(({ id, start, duration, text } = {}) => (
    Number.isSafeInteger(id) && Number.isFinite(start) && duration > 0 && duration < 1e6
    && typeof text === 'string'));
  return {
    revision,
    cues: found.map(({ id, start, duration, text, line, align }) => ({
      id, start, end: start + duration, text, ...line >= 0 && line <= 100 && { line },
      ...(align === 'start' || align === 'end') && { align },
    })),
  };
}

/** The cues in the order of their starts. */
export class CueList {
  constructor() {
    /** @type {Cue[]} */
    this.cues = [];
  }

  /** @param {Cue[]} cues known cues are ignored */
  add(cues) {
    const known = new Set(this.cues.map(({ id }) => id));
    this.cues = [...this.cues, ...cues.filter(({ id }) => !known.has(id))]
      .sort((a, b) => a.start - b.start || a.id - b.id).slice(-MOST_CUES);
  }

  /** @param {number} time Unix ms; cues that end before it are forgotten */
  forget(time) { this.cues = this.cues.filter(({ end }) => end > time); }

  /**
   * The texts of the cues at an instant, one below the other; empty without a cue.
   * @param {number} time capture time of the shown frame, Unix ms
   */
  textAt(time) { return this.shownAt(time).map(({ text }) => text).join('\n'); }

  /**
   * The cues at an instant, those of one place together; empty if none of them has a place.
   * @param {number} time capture time of the shown frame, Unix ms
   * @returns {CaptionBlock[]}
   */
  blocksAt(time) {
    const cues = this.shownAt(time);
    if (cues.every(({ line, align }) => line === undefined && !align)) return [];
    /** @type {Map<string, CaptionBlock>} */
    const blocks = new Map();
    for (const { text, line = null, align = 'center' } of cues) {
      const key = `${line} ${align}`;
      const block = blocks.get(key) ?? { place: { line }, align, lines: [] };
      blocks.set(key, block);
      block.lines.push(...text.split('\n').map((words) => [{ text: words, style: {} }]));
    }
    return [...blocks.values()];
  }

  /** @param {number} time Unix ms */
  shownAt(time) { return this.cues.filter(({ start, end }) => start <= time && time < end); }

  /**
   * The next instant at which the text changes; Infinity if there is none.
   * @param {number} time Unix ms
   */
  changeAfter(time) {
    return Math.min(...this.cues.flatMap(({ start, end }) => [start, end])
      .filter((change) => change > time), Infinity);
  }
}
