// SPDX-License-Identifier: Apache-2.0
// The words of a tile without a picture: why there is none, and the way out.

import { cardWords } from '../list/card-words.js';
import { sentenceOf } from '../shared/sentence.js';
/** @typedef {import('../live-player').LivePlayer} LivePlayer */
/** @typedef {import('../list/listing.js').ListedStream} ListedStream */

/**
 * `badge`: its kind in base.css and its word. `title` and `why` are shown over the picture, and
 * `said` is read aloud: without parts that change each second. `action`: the page of the stream,
 * the choice of other streams, or none if the picture returns by itself.
 * @typedef {object} TileWords
 * @property {string} badge
 * @property {string} word
 * @property {string} icon
 * @property {string} title
 * @property {string} why
 * @property {string} said
 * @property {'page' | 'choose' | ''} action
 */

/** @typedef {[word: string, icon: string, title: string, why: string]} Refused */

/**
 * The words by the status with which the server refuses a stream.
 * @type {Record<number, Refused>}
 */
const REFUSED = {
  401: ['Password', 'lock', 'Needs a password', 'Its page asks for it.'],
  403: ['No access', 'lock', 'Needs a link', 'Ask the person who sent you here for one.'],
  410: ['No access', 'lock', 'The link has expired', 'Ask for a new one.'],
};

/** @param {Partial<TileWords> & { title: string }} words @returns {TileWords} */
const said = (words) => ({
  badge: 'none', word: '', icon: 'off', why: '', said: `${words.title}.`, action: '', ...words,
});

/** @param {number} status @returns {TileWords} */
function refusedWords(status) {
  if (status === 404) {
    return said({
      word: 'Not found', title: 'There is no such stream', action: 'choose',
      why: 'It was renamed or removed, or the address has a typing error.',
    });
  }
  const known = REFUSED[status];
  if (known) {
    const [word, icon, title, why] = known;
    return said({ word, icon, title, why, action: 'page' });
  }
  return said({
    badge: 'wait', word: 'Waiting', icon: 'clock', title: 'The server refuses the stream now',
    why: `Status ${status}. Trying again.`,
  });
}

/** @param {ListedStream} stream @param {number} now Unix ms @returns {TileWords} */
function listedWords(stream, now) {
  const { badge, word, icon, title, why } = cardWords(stream, now), { state, outage } = stream;
  const isOver = state === 'ended' || state === 'failed';
  const reason = outage && badge === 'lost' ? ` ${sentenceOf(outage.text)}.` : '';
  const rest = badge === 'wait' ? ' The picture starts by itself.' : '';
  return said({
    badge, word, icon, title, why: `${why}${rest}`, action: isOver ? 'page' : '',
    said: `${title}.${reason}`,
  });
}

/**
 * The words of a tile; null while it has a picture, or waits for the first one.
 * @param {LivePlayer['sourceState']} source of its player
 * @param {ListedStream | null} listed null for a stream of another server
 * @param {number} now Unix ms on the server's clock
 * @returns {TileWords | null}
 */
export function tileWords(source, listed, now) {
  const { state, since, status } = source ?? { state: 'starting', since: 0 };
  switch (state) {
    case 'live': return null;
    case 'starting': return listed?.outage ? listedWords(listed, now) : null;
    case 'refused': return refusedWords(status ?? 0);
    case 'unreachable':
      return said({
        badge: 'lost', word: 'No server', title: 'The server does not answer', why: 'Trying again.',
      });
    default: {
      // The list may be older than the state that the player knows.
      const isKnown = state !== 'ended' && listed !== null && listed.state !== 'live';
      return listedWords(isKnown ? listed : {
        name: '', label: '', state, since, isOnDemand: false, outage: listed?.outage ?? null,
      }, now);
    }
  }
}
