// SPDX-License-Identifier: Apache-2.0
// The content of /streams.json, in words.

import { attemptText, outageOf } from '../shared/outage.js';
import { sentenceOf } from '../shared/sentence.js';
/** @typedef {import('../shared/outage.js').Outage} Outage */

/** The states of a stream that the server names. */
const STATES = ['idle', 'starting', 'live', 'ended', 'failed'];

/** The most streams that one wall shows. */
const LARGEST_WALL = 16;

/**
 * A stream: `label` is its name for people; `state` is one word, `lost` if the source supplies no
 * frames; `since` in Unix ms, 0 if unknown; `outage` is null if the source supplies media.
 * @typedef {object} ListedStream
 * @property {string} name
 * @property {string} label
 * @property {string} state
 * @property {number} since
 * @property {boolean} isOnDemand
 * @property {Outage | null} outage
 */

/**
 * @param {unknown} content of /streams.json
 * @returns {ListedStream[]}
 */
export function listedStreams(content) {
  if (!Array.isArray(content)) throw new Error('no list of streams');
  return content.filter((item) => typeof item?.name === 'string' && STATES.includes(item.state))
    .map(({ name, label, state, source, onDemand, outage }) => {
      const isLost = state === 'live' && source?.online === false;
      const since = Number(source?.since) / 1e6;
      return {
        name, label: typeof label === 'string' ? label : name, state: isLost ? 'lost' : state,
        since: since > 0 ? since : 0, isOnDemand: onDemand === true, outage: outageOf(outage, 1e6),
      };
    });
}

/**
 * The state of a stream in words.
 * @param {Pick<ListedStream, 'state' | 'since' | 'outage'>} stream @param {number} now Unix ms
 */
export function stateText({ state, since, outage }, now) {
  if (outage && ['starting', 'lost', 'failed'].includes(state)) {
    const attempt = attemptText(outage, now);
    const time = `since ${timeText(outage.since, now)}`;
    return `${sentenceOf(outage.text)}, ${time}${attempt === '' ? '' : `. ${attempt}`}`;
  }
  switch (state) {
    case 'live': return 'Live';
    case 'lost': return since > 0 ? `The source is away since ${timeText(since, now)}`
      : 'The source is away';
    case 'starting': return 'Starting';
    case 'idle': return 'Starts on demand';
    case 'ended': return 'Ended';
    default: return 'Failed';
  }
}

/** @param {number} at Unix ms @param {number} now Unix ms */
function timeText(at, now) {
  const date = new Date(at), isToday = now - at < 86_400_000;
  return isToday ? date.toLocaleTimeString([], { hour12: false })
    : date.toLocaleString([], { hour12: false });
}

/**
 * The address of the page that shows these streams together.
 * @param {Pick<ListedStream, 'name'>[]} streams
 */
export function wallAddress(streams) {
  const names = streams.slice(0, LARGEST_WALL).map(({ name }) => encodeURIComponent(name));
  return `wall?streams=${names.join(',')}`;
}
