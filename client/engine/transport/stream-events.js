// SPDX-License-Identifier: Apache-2.0
// Events of the stream: each is raised when the frame of its time is on the screen.

/**
 * An event. `time`: the capture time of its frame, Unix ms; `data`: the JSON value as given.
 * @typedef {{ id: number, time: number, data: unknown }} StreamEvent
 */

/** The scheme of events in media, and the class of those in playlists. */
export const EVENT_SCHEME = 'urn:streamer:event';

/** An event that arrives after its frame was shown is raised if it is younger than this, ms. */
export const LARGEST_DELAY = 10000;
/** The most raised events that are remembered: the same event arrives on several ways. */
const LONGEST_MEMORY = 256;

/** Events that wait for their frames. */
export class EventQueue {
  /** @param {(event: StreamEvent) => void} onDue */
  constructor(onDue) {
    this.onDue = onDue;
    /** @type {Map<number, StreamEvent>} */
    this.waiting = new Map();
    /** @type {Set<number>} */
    this.known = new Set();
    this.timer = 0;
  }

  /** @param {StreamEvent} event */
  add(event) {
    if (this.known.has(event.id)) return;
    this.known.add(event.id);
    for (const id of this.known) {
      if (this.known.size <= LONGEST_MEMORY) break;
      this.known.delete(id);
    }
    this.waiting.set(event.id, event);
  }

  /**
   * Raises the events of the shown frames, and those of the frames that are shown before the next
   * call at their moments.
   * @param {number} shown the capture time of the frame on the screen, Unix ms
   * @param {number} rate the playback rate; 0 if playback stands still
   * @param {number} interval the time until the next call, ms
   */
  update(shown, rate, interval) {
    clearTimeout(this.timer);
    const next = [...this.waiting.values()].sort((a, b) => a.time - b.time || a.id - b.id);
    for (const event of next) {
      const wait = event.time - shown;
      if (wait > 0) {
        if (rate > 0 && wait < interval * rate) {
          this.timer = Number(setTimeout(
            () => this.update(event.time, rate, 0), wait / rate));
        }
        return;
      }
      this.waiting.delete(event.id);
      if (wait > -LARGEST_DELAY) this.onDue(event);
    }
  }

  close() {
    clearTimeout(this.timer);
    this.waiting.clear();
  }
}

/**
 * The event of a JSON text; null if it is none.
 * @param {string} text
 * @returns {StreamEvent | null}
 */
export function eventOf(text) {
  try {
    const { id, time, data } = JSON.parse(text);
    return Number.isInteger(id) && Number.isFinite(time) ? { id, time, data } : null;
  } catch {
    return null;
  }
}

/** The type of the cues that Safari makes of EXT-X-DATERANGE: one for each client attribute. */
const DATE_RANGE_CUE = 'com.apple.quicktime.HLS';

/**
 * The events of the cues of a metadata track in Safari. Cues of one date range have the same start;
 * of several events at one time, the attributes are in the same order.
 * @param {Iterable<any>} cues
 * @param {number} start Unix ms of the media time 0
 * @param {number} [since] cues that start before this media time are left out, s
 * @returns {StreamEvent[]}
 */
export function eventsOfCues(cues, start, since = -Infinity) {
  /** @type {Map<number, { ids: number[], texts: string[] }>} */
  const ranges = new Map();
  for (const { type, startTime, value } of cues) {
    if (type !== DATE_RANGE_CUE || !(startTime >= since)) continue;
    const range = ranges.get(startTime) ?? { ids: [], texts: [] };
    ranges.set(startTime, range);
    if (value?.key === 'X-EVENT-ID') range.ids.push(Number(value.data));
    else if (value?.key === 'X-DATA') range.texts.push(String(value.data));
  }
  return [...ranges].flatMap(([startTime, { ids, texts }]) => ids.flatMap((id, index) => {
    try {
      const data = JSON.parse(decodeURIComponent(texts[index]));
      return Number.isInteger(id) ? [{ id, time: start + startTime * 1000, data }] : [];
    } catch {
      return [];
    }
  }));
}

/**
 * The event of a date range of hls.js; null if it is none.
 * @param {{ id: string, startDate: Date, attr: Record<string, string> }} range
 * @returns {StreamEvent | null}
 */
export function eventOfDateRange({ id, startDate, attr }) {
  const number = /^event-(\d+)$/.exec(id);
  if (attr.CLASS !== EVENT_SCHEME || !number) return null;
  try {
    const data = JSON.parse(decodeURIComponent(attr['X-DATA']));
    return { id: Number(number[1]), time: startDate.getTime(), data };
  } catch {
    return null;
  }
}

/**
 * The event of a box `emsg` of version 1 (ISO/IEC 23009-1 §5.10.3.3); null if it is none of ours.
 * @param {Uint8Array} box
 * @param {number} offset wall clock − media time, s
 * @returns {StreamEvent | null}
 */
export function eventOfMessage(box, offset) {
  if (box.length < 32 || box[8] !== 1) return null;
  const view = new DataView(box.buffer, box.byteOffset, box.byteLength);
  const timescale = view.getUint32(12), id = view.getUint32(28);
  const ticks = Number(view.getBigUint64(16)), texts = box.subarray(32);
  const schemeEnd = texts.indexOf(0), valueEnd = texts.indexOf(0, schemeEnd + 1);
  const decoder = new TextDecoder();
  if (schemeEnd < 0 || valueEnd < 0 || timescale === 0
    || decoder.decode(texts.subarray(0, schemeEnd)) !== EVENT_SCHEME) return null;
  try {
    const data = JSON.parse(decoder.decode(texts.subarray(valueEnd + 1)));
    return { id, time: (ticks / timescale + offset) * 1000, data };
  } catch {
    return null;
  }
}
