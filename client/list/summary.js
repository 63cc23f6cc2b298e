// SPDX-License-Identifier: Apache-2.0
// The line about all streams, and the choice among them.

import { sinceTime } from '../shared/day-time.js';
import { isTrouble } from './listing.js';
/** @typedef {import('./listing.js').ListedStream} ListedStream */
/** @typedef {'all' | 'live' | 'trouble'} Choice */

/** With fewer streams there is nothing to find; with more, the cards are small. */
export const LEAST_FOR_SEARCH = 8, MOST_LARGE = 12;

/** @param {ListedStream[]} streams @returns {Record<Choice, ListedStream[]>} */
export const chosenOf = (streams) => ({
  all: streams, live: streams.filter(({ state }) => state === 'live'),
  trouble: streams.filter(isTrouble),
});

/**
 * The line under the title.
 * @param {ListedStream[]} streams
 */
export function summaryText(streams) {
  const { live, trouble } = chosenOf(streams), count = streams.length;
  if (count === 0) return '';
  const shown = live.length === count ? (count === 1 ? '1 stream' : `All ${count} show a picture`)
    : live.length === 0 ? 'No stream shows a picture'
      : live.length === 1 ? '1 shows a picture' : `${live.length} show a picture`;
  const lost = trouble.length === 0 ? []
    : [`${trouble.length} ${trouble.length === 1 ? 'is' : 'are'} lost`];
  return `${[shown, ...lost].join(', ')}.`;
}

/**
 * The names of lost streams, at most three of them, with the times.
 * @param {ListedStream[]} trouble @param {number} now Unix ms
 * @returns {{ fact: string, names: string }}
 */
export function troubleText(trouble, now) {
  const names = trouble.slice(0, 3).map(({ label, outage, since }) => {
    const at = outage?.since ?? since;
    return at > 0 ? `${label} since ${sinceTime(at, now)}` : label;
  });
  const others = trouble.length - names.length;
  const fact = trouble.length === 1 ? '1 source is lost:' : `${trouble.length} sources are lost:`;
  return { fact, names: `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}.` };
}

/**
 * Whether a stream is found by words, each of which is a part of its label or name.
 * @param {Pick<ListedStream, 'label' | 'name'>} stream @param {string} query
 */
export function isFound({ label, name }, query) {
  const text = `${label} ${name}`.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
