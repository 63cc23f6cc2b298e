// SPDX-License-Identifier: Apache-2.0
// Words for a stream without frames of its source.

import { attemptText, outageOf, outageWords, clockTime } from '../../shared/outage.js';
import { sentenceOf } from '../../shared/sentence.js';
/** @typedef {import('../../shared/outage.js').Outage} Outage */
/** @typedef {import('../../shared/timestamps.js').Publisher} Publisher */

/** The words appear after this time, ms: a short outage needs none. */
const DELAY = 1200;
const RETURNS = 'The picture returns by itself.', STARTS = 'The picture starts by itself.';

/**
 * Whether the source supplies frames, since when, Unix ns, and why not; by the server.
 * @typedef {object} SourcePresence
 * @property {boolean} isOnline
 * @property {number} since
 * @property {boolean} [hasFailed]
 * @property {Outage} [outage]
 * @property {string} [audio] why there is no sound although the source sends audio
 */

/**
 * @typedef {object} Presence
 * @property {SourcePresence | null} source null while unknown
 * @property {Publisher | null} publisher by the server; null if clients do not publish the stream
 * @property {boolean} isReachable whether the server answers
 * @property {boolean} isPlaying whether the player receives media
 * @property {number} changedAt the last change of `isPlaying`, Unix ms
 * @property {string} problem the last problem of the player; empty if there is none
 */

/**
 * The content of the message `source` of a WebSocket.
 * @param {unknown} state @param {number} since Unix ms @param {unknown} [cause] its outage
 * @returns {SourcePresence}
 */
export function presenceOf(state, since, cause) {
  const outage = outageOf(cause, 1);
  const isOnline = state !== 'lost' && state !== 'failed' && outage === null;
  return {
    isOnline, since: since * 1e6, ...(state === 'failed' && { hasFailed: true }),
    ...(outage && { outage }),
  };
}

/** @param {number} at Unix ms @param {number} now Unix ms */
function sinceText(at, now) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const time = clockTime(at);
  const units = seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;
  return `since ${time} (${units})`;
}

/**
 * The state of the publisher, and since when.
 * @param {Publisher} publisher
 * @param {number} now Unix ms on the server's clock
 */
export function publisherText({ state, protocol, since }, now) {
  const time = since > 0 ? ` ${sinceText(since / 1e6, now)}` : '';
  if (state === 'live') return `${protocol}${time}`;
  if (state === 'starting') return `${protocol}${time}, no picture yet`;
  return state === 'slate' ? `away${time}, slate shown` : `away${time}`;
}

/**
 * Whether the outage is that of a publisher that has published before.
 * @param {Publisher | null | undefined} publisher
 * @param {import('../../shared/outage.js').Outage} outage
 */
function hasLeft(publisher, { kind }) {
  return kind === 'no-publisher' && publisher != null && publisher.since > 0;
}

/**
 * The words to show; null while the source supplies frames and the player receives them.
 * @param {Presence} presence
 * @param {number} now Unix ms on the server's clock
 * @returns {{ title: string, text: string } | null}
 */
export function awayWords(
  { source, publisher, isReachable, isPlaying, changedAt, problem }, now,
) {
  if (isReachable && source && !source.isOnline && source.since > 0) {
    const since = source.outage?.since ?? source.since / 1e6;
    if (now - since < DELAY) return null;
    const slate = publisher?.state === 'slate' ? ' A slate is shown.' : '';
    if (source.outage && !hasLeft(publisher, source.outage)) {
      const { title, details } = outageWords(source.outage);
      const last = attemptText(source.outage, now) || (source.hasFailed ? '' : STARTS);
      const text = `${details} No media ${sinceText(since, now)}.${slate} ${last}`.trim();
      return { title, text };
    }
    if (source.hasFailed) {
      const text = `No media ${sinceText(since, now)}. The picture returns if it starts again.`;
      return { title: 'The stream has failed', text };
    }
    const text = `No frames ${sinceText(since, now)}.${slate} ${RETURNS}`;
    return { title: publisher ? 'The publisher is away' : 'The source is away', text };
  }
  if (isPlaying || now - changedAt < DELAY) return null;
  if (!isReachable) {
    const text = `No media ${sinceText(changedAt, now)}. Trying again.`;
    return { title: 'The server does not answer', text };
  }
  const reason = problem === '' ? '' : `${sentenceOf(problem)}. `;
  const text = `${reason}No media ${sinceText(changedAt, now)}.`;
  return { title: 'Waiting for the stream', text };
}
