// SPDX-License-Identifier: Apache-2.0
// The attributes of <live-player>.

import { EXPECTED_TRANSPORTS, kindOfTransport } from '../page/players/player.js';
import { usualSource } from '../page/source.js';
import { syncGroupOf } from '../shared/sync-group.js';
/** @typedef {import('../page/players/player.js').Kind} Kind */

/**
 * The stream, the player and the target that attributes name.
 * @typedef {object} Wishes
 * @property {string} source URL of the playlist or MPD
 * @property {Kind | null} kind null for the usual player
 * @property {number | null} target s
 * @property {string | null} sync
 * @property {string[]} problems of attributes that are ignored
 */

/**
 * The URL of a playlist or MPD. The address of a folder means the playlist of its stream, the root
 * of a server the server's default stream.
 * @param {string} address relative to `base`
 * @param {string} base
 * @returns {string | null} null for an address that is not of HTTP
 */
export function streamAddress(address, base) {
  try {
    const url = new URL(address, base);
    if (!/^https?:$/.test(url.protocol)) return null;
    if (/\.(m3u8|mpd)$/.test(url.pathname)) return url.href;
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    const stream = new URL(usualSource(url));
    stream.search = url.search;
    return stream.href;
  } catch {
    return null;
  }
}

/** @param {string | null} text @returns {number | null} s; null for a value out of range */
export function targetOf(text) {
  const target = parseFloat(text ?? '');
  return target >= 0.05 && target <= 10 ? target : null;
}

/** @param {string | null} text whether a switch is on that is on when its attribute is absent */
export function isSwitchedOn(text) { return !['0', 'false', 'no', 'off'].includes(text ?? ''); }

/**
 * What the attributes ask for; null without a stream.
 * @param {(name: string) => string | null} attribute @param {string} base URL of the document
 * @returns {Wishes | null}
 */
export function wishesOf(attribute, base) {
  const address = attribute('src'), source = address ? streamAddress(address, base) : null;
  if (source === null) return null;
  const problems = [], given = attribute('transport');
  const transport = given ?? 'auto', kind = kindOfTransport(transport), text = attribute('target');
  if (kind === undefined) {
    problems.push(`unknown transport "${transport}" (expected ${EXPECTED_TRANSPORTS})`);
  }
  const { group, problem } = syncGroupOf(attribute('sync')), target = targetOf(text);
  if (problem !== null) problems.push(problem);
  if (text && target === null) problems.push(`invalid target "${text}" (expected 0.05–10 seconds)`);
  return { source, kind: kind ?? null, target, sync: group, problems };
}
