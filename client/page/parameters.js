// SPDX-License-Identifier: Apache-2.0
// The parameters in the address of the page.

import { kindNamed } from './players/player.js';
import { hlsLocations } from './players/script.js';
import { sourceOf } from './source.js';
/** @typedef {import('./players/player.js').Kind} Kind */
/** @typedef {import('./players/script.js').ScriptLocation} ScriptLocation */

/**
 * @typedef {object} Parameters
 * @property {string} source URL of the playlist or MPD
 * @property {Kind | null} kind the requested player
 * @property {number | null} target the requested latency, s
 * @property {ScriptLocation[]} hlsLocations
 * @property {Record<string, string | null>} warnings by key of the message
 */

/**
 * Reads `?src`, `?player`, `?target` and `?hlsjs`. Each invalid parameter gives a warning, except
 * an invalid target, which is ignored.
 * @param {string} page URL of the page
 * @returns {Parameters}
 */
export function parametersOf(page) {
  const query = new URL(page).searchParams, player = query.get('player');
  const source = sourceOf(query.get('src'), page), hls = hlsLocations(query.get('hlsjs'), page);
  const kind = kindNamed(player), target = parseFloat(query.get('target') ?? '');
  const isUnknown = player !== null && kind === null;
  const expected = 'frames, hlsjs, dashjs or native';
  return {
    source: source.source, kind, hlsLocations: hls.locations,
    target: target >= 0.05 && target <= 10 ? target : null,
    warnings: {
      script: hls.warning,
      src: source.warning,
      player: isUnknown ? `Unknown player "${player}" (expected ${expected})` : null,
    },
  };
}

/**
 * Writes a choice into the address, if the browser allows it; an empty value removes the parameter.
 * @param {string} name @param {string} value
 */
export function rememberParameter(name, value) {
  const url = new URL(location.href);
  if (value === '') url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  try { history.replaceState(null, '', url); } catch { /* some browsers forbid it for files */ }
}
