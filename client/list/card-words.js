// SPDX-License-Identifier: Apache-2.0
// The words of each state of a stream in the list.

import { hourOf, sinceTime } from '../shared/day-time.js';
import { sentenceOf } from '../shared/sentence.js';
import { isWaiting } from './listing.js';
/** @typedef {import('./listing.js').ListedStream} ListedStream */
/** @typedef {import('../shared/outage.js').Outage} Outage */

/**
 * `badge`: its kind in base.css and its word; `why`: a sentence, empty if there is nothing to say;
 * `icon` and `title` over the picture, empty for none.
 * @typedef {{ badge: string, word: string, why: string, icon: string, title: string }} CardWords
 */

/** A later try has a time of day instead of a number of seconds, ms. */
const SOON = 90_000;

/**
 * When the source is tried next; empty if it is not.
 * @param {number | null} retry Unix ms @param {number} now Unix ms
 */
export function tryText(retry, now) {
  if (retry === null) return '';
  if (retry - now > SOON) return `next try at ${hourOf(retry)}`;
  const seconds = Math.ceil((retry - now) / 1000);
  return seconds < 1 ? 'trying now' : `next try in ${seconds} s`;
}

/** @param {Outage} outage @param {number} now Unix ms */
function outageText({ text, since, retry }, now) {
  const attempt = tryText(retry, now);
  return `${sentenceOf(text)}. Since ${sinceTime(since, now)}${attempt && `, ${attempt}`}.`;
}

/** @param {ListedStream} stream @param {number} now Unix ms @returns {CardWords} */
function waitingWords({ outage, since, state }, now) {
  const hadOne = state === 'lost' && since > 0;
  const why = hadOne ? `No publisher since ${sinceTime(outage?.since ?? since, now)}.`
    : 'No publisher yet.';
  return { badge: 'wait', word: 'Waiting', why, icon: 'in', title: 'Waiting for a publisher' };
}

/**
 * The words of a stream at a time of the server's clock.
 * @param {ListedStream} stream @param {number} now Unix ms
 * @returns {CardWords}
 */
export function cardWords(stream, now) {
  const { state, outage, since } = stream;
  if (state === 'live') return { badge: 'live', word: 'Live', why: '', icon: '', title: '' };
  if (state === 'gone') {
    const why = 'The server does not answer.';
    return { badge: 'none', word: 'No server', why, icon: 'off', title: '' };
  }
  if (state === 'locked') {
    const why = 'Its page asks for the password.';
    return { badge: 'none', word: 'Password', why, icon: 'lock', title: 'Needs a password' };
  }
  if (state !== 'ended' && state !== 'idle') {
    if (isWaiting(stream)) return waitingWords(stream, now);
    const title = state === 'starting' ? 'No picture yet' : 'Source lost';
    if (outage) {
      return {
        badge: 'lost', word: 'No picture', why: outageText(outage, now), icon: 'off', title,
      };
    }
  }
  switch (state) {
    case 'lost': {
      const time = since > 0 ? ` since ${sinceTime(since, now)}` : '';
      const why = `The source sends no frames${time}.`;
      return { badge: 'lost', word: 'No picture', why, icon: 'off', title: 'Source lost' };
    }
    case 'starting': {
      const why = 'Waiting for the first key frame.';
      return { badge: 'start', word: 'Starting', why, icon: 'spin', title: 'Starting' };
    }
    case 'idle': {
      const why = 'Starts when opened, in about 2 s.';
      return { badge: 'demand', word: 'On demand', why, icon: 'play2', title: '' };
    }
    case 'ended': {
      const why = 'The show has ended.';
      return { badge: 'none', word: 'Ended', why, icon: 'clock', title: 'Ended' };
    }
    default: {
      const why = 'The stream has failed on the server.';
      return { badge: 'bad', word: 'No picture', why, icon: 'off', title: 'Failed' };
    }
  }
}
