// SPDX-License-Identifier: Apache-2.0
// The parameters and the grid of the page of several streams.

import { instantOf } from '../shared/instant.js';
import { syncGroupOf } from '../shared/sync-group.js';
import { targetOf } from '../shared/target.js';
import { transportOf } from '../engine/players/kinds.js';

/** The most streams of one page. */
const MOST_STREAMS = 16;

/**
 * @typedef {object} Wall
 * @property {{ name: string, src: string }[]} streams `src` relative to the page
 * @property {string | null} sync the group that the page joins; null for a group of its own
 * @property {string[]} problems of parameters that are ignored
 * @property {number | null} at the instant to begin at, Unix seconds
 * @property {Record<string, string>} attributes of all players
 */

/**
 * Reads `?streams`, `?sync`, `?target`, `?transport` and `?at`. A stream is the name of a stream of
 * this server, or the URL of any stream.
 * @param {string} page URL of the page
 * @returns {Wall}
 */
export function wallOf(page) {
  const query = new URL(page).searchParams;
  const words = (query.get('streams') ?? '').split(',').map((word) => word.trim());
  const names = [...new Set(words.filter((word) => word !== ''))].slice(0, MOST_STREAMS);
  const streams = names.map((name) => {
    const isURL = /^https?:\/\//.test(name), src = isURL ? name : `${encodeURIComponent(name)}/`;
    return { name: isURL ? nameOf(name) : name, src };
  });
  /** @type {Record<string, string>} */
  const attributes = {};
  for (const name of ['target', 'transport']) {
    const value = query.get(name);
    if (value) attributes[name] = value;
  }
  const at = instantOf(query.get('at'));
  const { group, problem } = syncGroupOf(query.get('sync'));
  const problems = [
    problem && `${problem}: this page has its own group`, targetOf(query.get('target')).problem,
    transportOf(query.get('transport')).problem, at.problem,
  ].flatMap((text) => text ?? []);
  return { streams, sync: group, problems, at: at.at, attributes };
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
 * What the page says about its group.
 * @param {(number | null)[]} offsets of the players to the target of their group, s; null if
 *   unknown
 * @param {number} target of the group, s
 */
export function groupText(offsets, target) {
  const known = offsets.filter((offset) => offset !== null).map(Number);
  if (known.length === 0) return 'Connecting';
  const spread = Math.round(1000 * (Math.max(...known) - Math.min(...known)));
  const missing = offsets.length - known.length;
  const shown = missing > 0 ? `${known.length} of ${offsets.length} streams` : 'All streams';
  const apart = known.length > 1 ? ` within ${spread} ms,` : '';
  return `${shown}${apart} ${Math.round(1000 * target)} ms behind`;
}
