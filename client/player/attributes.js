// SPDX-License-Identifier: Apache-2.0
// The attributes of <live-player>.

import { instantOf } from '../shared/instant.js';
import { syncGroupOf } from '../shared/sync-group.js';
import { targetOf } from '../shared/target.js';
import { transportOf } from '../engine/players/kinds.js';
import { usualSource } from '../engine/transport/source.js';
/** @typedef {import('../engine/players/kinds.js').Kind} Kind */

/**
 * The stream, the player and the target that attributes name.
 * @typedef {object} Requested
 * @property {string} source URL of the playlist or MPD
 * @property {Kind | null} kind null for the usual player
 * @property {number | null} target s
 * @property {string | null} sync
 * @property {number | null} at the instant to play from, Unix seconds
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

/** @param {string | null} text whether a switch is on that is on when its attribute is absent */
export function isSwitchedOn(text) { return !['0', 'false', 'no', 'off'].includes(text ?? ''); }

/**
 * What the attributes ask for; null without a stream.
 * @param {(name: string) => string | null} attribute @param {string} base URL of the document
 * @returns {Requested | null}
 */
export function requestedOf(attribute, base) {
  const address = attribute('src'), source = address ? streamAddress(address, base) : null;
  if (source === null) return null;
  const transport = transportOf(attribute('transport')), sync = syncGroupOf(attribute('sync'));
  const target = targetOf(attribute('target')), at = instantOf(attribute('at'));
  const problems = [transport, sync, target, at].flatMap(({ problem }) => problem ?? []);
  return {
    source, kind: transport.kind, target: target.target, sync: sync.group, at: at.at, problems,
  };
}
