// SPDX-License-Identifier: Apache-2.0
// The content of /timestamps.json.

import { outageOf } from './outage.js';

/**
 * All times in Unix ns.
 * @typedef {object} Timestamps
 * @property {number} timestamp when the response was rendered
 * @property {Record<string, number>} parts when each part was complete, by file name
 * @property {Record<string, number>} captures when the first frame of each part was captured
 * @property {{ synchronized: boolean | null, estimate: number | null }} clock
 *   `estimate`: the server's estimate of its clock error, ms
 * @property {{
 *   isOnline: boolean, since: number, outage?: import('./outage.js').Outage, audio?: string
 * } | null} source whether it supplies frames, since when, and why not; null for another server
 * @property {CaptionLanguage[]} captions the languages of captions
 * @property {string[]} missing the names of the renditions without media at the moment
 * @property {Publisher | null} publisher null for a stream that clients do not publish
 */

/**
 * A language of captions; the URL of its `cues` is relative to the document.
 * @typedef {{ language: string, name: string, isDefault: boolean, cues: string }} CaptionLanguage
 */

/** The most languages of captions. */
const MOST_LANGUAGES = 16;

/**
 * The publisher of a stream: its frames are shown (live), it is connected before its first picture
 * (starting), the slate is shown instead of them, or it supplies no frame (away); `since` in Unix
 * ns, NaN before the first publisher.
 * @typedef {{ state: string, protocol: string, since: number }} Publisher
 */

/**
 * Reads a response; absent and malformed members become null, NaN or empty.
 * @param {any} response
 * @returns {Timestamps}
 */
export function timestampsOf(response) {
  const record = (/** @type {any} */ value) => (typeof value === 'object' && value ? value : {});
  const {
    timestamp, parts, captures, clock, source, missing, captions, publisher,
  } = record(response);
  const { synchronized, offsetEstimateNs } = record(clock), outage = outageOf(source?.outage, 1e6);
  return {
    timestamp: Number(timestamp), parts: record(parts), captures: record(captures),
    clock: {
      synchronized: typeof synchronized === 'boolean' ? synchronized : null,
      estimate: typeof offsetEstimateNs === 'number' ? offsetEstimateNs / 1e6 : null,
    },
    source: typeof source?.online === 'boolean'
      ? {
        isOnline: source.online, since: Number(source.since), ...(outage && { outage }),
        ...(typeof source.audio === 'string' && { audio: source.audio }),
      } : null,
    missing: Array.isArray(missing) ? missing.map(String) : [],
    captions: languagesOf(captions),
    publisher: typeof publisher?.state === 'string' ? {
      state: publisher.state, since: Number(publisher.since),
      protocol: typeof publisher.protocol === 'string' ? publisher.protocol.toUpperCase() : '',
    } : null,
  };
}

/**
 * @param {any} captions
 * @returns {CaptionLanguage[]}
 */
function languagesOf(captions) {
  const isText = (/** @type {any} */ value) => typeof value === 'string';
  return (Array.isArray(captions) ? captions : []).slice(0, MOST_LANGUAGES)
    .filter(({ language, name, cues } = {}) => [language, name, cues].every(isText))
    .map(({ language, name, cues, default: isDefault }) => (
      { language, name, cues, isDefault: isDefault === true }));
}

/**
 * The name with the highest segment number and part index. Numbers are compared, not strings.
 * @param {string[]} names
 * @returns {string | null}
 */
export function newestPart(names) {
  let newest = null, best = [-1, -1];
  for (const name of names) {
    const match = name.match(/(\d+)\.(\d+)\.m4s$/);
    if (!match) continue;
    const [number, index] = [Number(match[1]), Number(match[2])];
    if (number > best[0] || (number === best[0] && index > best[1])) {
      best = [number, index];
      newest = name;
    }
  }
  return newest;
}

/**
 * The newest part: `age` is the time since the capture of its first frame, `delay` the time from
 * that capture until the part was complete. In ms; null if unknown.
 * @param {Timestamps} timestamps
 * @returns {{ name: string | null, age: number | null, delay: number | null }}
 */
export function newestPartOf({ timestamp, parts, captures }) {
  const name = newestPart(Object.keys(parts));
  const complete = parts[name ?? ''], captured = captures[name ?? ''];
  const between = (/** @type {number} */ from, /** @type {number} */ to) => (
    from > 0 && to > 0 ? (to - from) / 1e6 : null);
  const age = between(captured ?? complete, timestamp), delay = between(captured, complete);
  return { name, age, delay };
}
