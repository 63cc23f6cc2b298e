// SPDX-License-Identifier: Apache-2.0
// The parameters, the layouts and the words of the page of several streams.

import { instantOf } from '../shared/instant.js';
import { syncGroupOf } from '../shared/sync-group.js';
import { targetOf } from '../shared/target.js';
import { transportOf } from '../engine/players/kinds.js';

/** The most streams of one page. */
export const MOST_STREAMS = 16;

/**
 * The layouts by the value of `?layout`: their names for people, the number of tiles of a page, and
 * the class of the grid.
 * @type {Record<string, { name: string, tiles: number, style: string }>}
 */
export const LAYOUTS = {
  fit: { name: 'Fit', tiles: MOST_STREAMS, style: 'fit' },
  '1-5': { name: '1 + 5', tiles: 6, style: 'l6' },
  '2x2': { name: '2 × 2', tiles: 4, style: 'l2' },
  '3x3': { name: '3 × 3', tiles: 9, style: 'l3' },
  '4x4': { name: '4 × 4', tiles: 16, style: 'l4' },
};

/**
 * A stream of the wall: `word` is its word in the address, `src` its address relative to the page.
 * @typedef {{ word: string, name: string, src: string }} WallStream
 */

/**
 * @typedef {object} Wall
 * @property {WallStream[]} streams
 * @property {string} layout a key of LAYOUTS
 * @property {boolean} cycles whether the next page follows after a time
 * @property {string | null} sync the group that the page joins; null for a group of its own
 * @property {string[]} problems of parameters that are ignored
 * @property {number | null} at the instant to begin at, Unix seconds
 * @property {Record<string, string>} attributes of all players
 */

/** @param {string} word the name of a stream of this server, or the URL of any stream */
export function streamOf(word) {
  const isURL = /^https?:\/\//.test(word), src = isURL ? word : `${encodeURIComponent(word)}/`;
  return { word, name: isURL ? nameOf(word) : word, src };
}

/**
 * Reads `?streams`, `?layout`, `?cycle`, `?sync`, `?target`, `?transport` and `?at`.
 * @param {string} page URL of the page
 * @returns {Wall}
 */
export function wallOf(page) {
  const query = new URL(page).searchParams;
  const words = (query.get('streams') ?? '').split(',').map((word) => word.trim());
  const names = [...new Set(words.filter((word) => word !== ''))].slice(0, MOST_STREAMS);
  /** @type {Record<string, string>} */
  const attributes = {};
  for (const name of ['target', 'transport']) {
    const value = query.get(name);
    if (value) attributes[name] = value;
  }
  const asked = query.get('layout'), isLayout = asked !== null && Object.hasOwn(LAYOUTS, asked);
  const at = instantOf(query.get('at'));
  const { group, problem } = syncGroupOf(query.get('sync'));
  const problems = [
    problem && `${problem}: this page has its own group`, targetOf(query.get('target')).problem,
    transportOf(query.get('transport')).problem, at.problem,
    asked && !isLayout
      ? `unknown layout "${asked}" (expected ${Object.keys(LAYOUTS).join(', ')})` : null,
  ].flatMap((text) => text ?? []);
  return {
    streams: names.map(streamOf), layout: isLayout ? asked : usualLayout(names.length),
    cycles: query.get('cycle') === '1', sync: group, problems, at: at.at, attributes,
  };
}

/**
 * One large picture and five small ones suit six streams.
 * @param {number} count
 */
const usualLayout = (count) => (count === 6 ? '1-5' : 'fit');

/**
 * The address of a wall; parameters that the page does not change stay.
 * @param {string} page URL of the page
 * @param {string[]} words of the streams @param {string} layout @param {boolean} cycles
 */
export function addressOf(page, words, layout, cycles) {
  const url = new URL(page), query = url.searchParams;
  for (const name of ['streams', 'layout', 'cycle', 'at']) query.delete(name);
  if (words.length > 0 && layout !== usualLayout(words.length)) query.set('layout', layout);
  if (cycles) query.set('cycle', '1');
  // Commas stay readable.
  const streams = words.map((word) => encodeURIComponent(word)).join(',');
  url.search = [streams && `streams=${streams}`, query.toString()].filter(Boolean).join('&');
  return url.href;
}

/**
 * The name of a stream in its URL: the last folder, or the host.
 * @param {string} url
 */
function nameOf(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch { return url; }
  const { pathname, host } = parsed;
  return pathname.split('/').filter((part) => part !== '' && !part.includes('.')).pop() ?? host;
}

/**
 * The number of columns that makes players of 16:9 as large as possible.
 * @param {number} count @param {number} width @param {number} height
 */
export function columnsFor(count, width, height) {
  let best = 1, largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns, (height / rows) * 16 / 9);
    if (size > largest - 1) [best, largest] = [columns, size];
  }
  return best;
}

/**
 * The list with one member at another index; the others keep their order.
 * @template T
 * @param {T[]} list @param {number} from @param {number} to
 */
export function moved(list, from, to) {
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

/**
 * What the page says about its group, as a badge: green if all streams are shown.
 * @param {(number | null)[]} offsets of the players to the target of their group, s; null if
 *   unknown
 * @param {number} target of the group, s
 * @returns {{ kind: string, word: string, figure: string }}
 */
export function groupWords(offsets, target) {
  const known = offsets.filter((offset) => offset !== null).map(Number);
  if (known.length === 0) return { kind: 'start', word: 'Connecting', figure: '' };
  const spread = Math.round(1000 * (Math.max(...known) - Math.min(...known)));
  const isWhole = known.length === offsets.length;
  const shown = isWhole ? 'all' : `${known.length} of ${offsets.length}`;
  const apart = known.length > 1 ? `, ${shown} within ${spread} ms`
    : isWhole ? '' : `, ${shown} streams`;
  return {
    kind: isWhole ? 'live' : 'wait', word: 'Live',
    figure: `${Math.round(1000 * target)} ms${apart}`,
  };
}
