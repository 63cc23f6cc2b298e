// SPDX-License-Identifier: Apache-2.0
// The cues of one language, and the text at an instant.

/** @typedef {import('./caption-blocks.js').CaptionBlock} CaptionBlock */
/** @typedef {import('./caption-blocks.js').CaptionRun} CaptionRun */

/**
 * A text and its capture times, Unix ms. `line` is its upper edge, percent of the height of the
 * picture; absent above the lower edge. `align` is absent for centred lines, `runs`, the lines of
 * the text, without colours.
 * @typedef {{ id: number, start: number, end: number, text: string, line?: number,
 *   align?: 'start' | 'end', runs?: CaptionRun[][] }} Cue
 */

/** The colours by the names of the server. */
const COLOURS = new Map(Object.entries({
  red: '#ff0000ff', lime: '#00ff00ff', yellow: '#ffff00ff', blue: '#0000ffff',
  magenta: '#ff00ffff', cyan: '#00ffffff',
}));

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
    cues: found.map(({ id, start, duration, text, line, align, runs }) => ({
      id, start, end: start + duration, text, ...line >= 0 && line <= 100 && { line },
      ...(align === 'start' || align === 'end') && { align }, ...colouredLines(runs, text),
    })),
  };
}

/**
 * @param {any} runs @param {string} text
 * @returns {{ runs?: CaptionRun[][] }} none if they are not the lines of the text
 */
function colouredLines(runs, text) {
  if (!Array.isArray(runs) || !runs.every(Array.isArray)) return {};
  const lines = runs.map((/** @type {any[]} */ line) => line.map((run) => {
    const color = COLOURS.get(run?.color);
    return { text: String(run?.text), style: color ? { color } : {} };
  }));
  const words = lines.map((line) => line.map((run) => run.text).join('')).join('\n');
  return words === text ? { runs: lines } : {};
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
   * The cues at an instant, those of one place together; empty if none of them has a place or
   * colours.
   * @param {number} time capture time of the shown frame, Unix ms
   * @returns {CaptionBlock[]}
   */
  blocksAt(time) {
    const cues = this.shownAt(time);
    if (cues.every(({ line, align, runs }) => line === undefined && !align && !runs)) return [];
    /** @type {Map<string, CaptionBlock>} */
    const blocks = new Map();
    for (const { text, line = null, align = 'center', runs } of cues) {
      const key = `${line} ${align}`;
      const block = blocks.get(key) ?? { place: { line }, align, lines: [] };
      blocks.set(key, block);
      block.lines.push(...runs
        ?? text.split('\n').map((words) => [{ text: words, style: {} }]));
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
