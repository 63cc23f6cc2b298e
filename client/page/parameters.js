// SPDX-License-Identifier: Apache-2.0
// The parameters in the address of the page.

import { instantOf } from '../shared/instant.js';
import { sentenceOf } from '../shared/sentence.js';
import { syncGroupOf } from '../shared/sync-group.js';
import { targetOf } from '../shared/target.js';
import { kindNamed, transportOf } from '../engine/players/kinds.js';
import { hlsLocations } from '../engine/players/script.js';
import { sourceOf } from '../engine/transport/source.js';
/** @typedef {import('../engine/players/kinds.js').Kind} Kind */
/** @typedef {import('../engine/players/script.js').ScriptLocation} ScriptLocation */

/**
 * @typedef {object} Parameters
 * @property {string} source URL of the playlist or MPD
 * @property {Kind | null} kind the requested player
 * @property {number | null} target the requested latency, s
 * @property {ScriptLocation[]} hlsLocations
 * @property {Record<string, string | null>} warnings by key of the message
 * @property {string | null} sync the sync group
 * @property {number | null} at the instant to play from, Unix seconds
 * @property {PageOptions} page
 */

/**
 * The elements of the page, and how playback starts.
 * @typedef {object} PageOptions
 * @property {boolean} isEmbedded the display only: no panel, and controls on demand
 * @property {boolean} hasPanel whether the panel is open from the start
 * @property {boolean} hasClock whether the clock of the server is over the picture
 * @property {boolean} hasControls
 * @property {boolean} isMuted
 * @property {boolean} startsItself whether playback starts without a click
 * @property {boolean | null} hasTimeBar null if the stream has an archive
 */

/**
 * Reads `?src`, `?player`, `?transport`, `?target`, `?sync`, `?hlsjs`, `?panel`, `?at`,
 * `?embed`, `?controls`, `?muted`, `?autoplay`, `?clock` and `?timebar`. The latter two, and
 * `?panel`, are switches: present or 1 is on, 0 is off.
 * Each other invalid parameter gives a warning.
 * @param {string} page URL of the page
 * @param {string} [root] the folder of the server, to which its other addresses are relative
 * @returns {Parameters}
 */
export function parametersOf(page, root) {
  const query = new URL(page).searchParams, player = query.get('player');
  const source = sourceOf(query.get('src'), page);
  const hls = hlsLocations(query.get('hlsjs'), page, root);
  const kind = kindNamed(player), target = targetOf(query.get('target'));
  const sync = syncGroupOf(query.get('sync')), transport = transportOf(query.get('transport'));
  const text = (/** @type {string | null} */ problem) => problem && sentenceOf(problem);
  const isUnknown = player !== null && kind === null;
  const expected = 'frames, ws, webcodecs, hlsjs, dashjs or native';
  const at = instantOf(query.get('at')), timeBar = query.get('timebar');
  const isEmbedded = isOn(query.get('embed'), false);
  return {
    source: source.source, hlsLocations: hls.locations,
    kind: kind ?? transport.kind ?? (sync.group === null ? null : 'ws'),
    target: target.target, sync: sync.group, at: at.at,
    page: {
      isEmbedded,
      hasPanel: !isEmbedded && isOn(query.get('panel'), false),
      hasClock: isOn(query.get('clock'), false),
      hasControls: isOn(query.get('controls'), true),
      isMuted: isOn(query.get('muted'), true),
      startsItself: isOn(query.get('autoplay'), true),
      hasTimeBar: timeBar === null && at.at === null ? null : isOn(timeBar, true),
    },
    warnings: {
      script: hls.warning,
      src: source.warning,
      player: isUnknown ? `Unknown player "${player}" (expected ${expected})` : null,
      sync: text(sync.problem), target: text(target.problem), transport: text(transport.problem),
      at: text(at.problem),
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

/** @param {string | null} value @param {boolean} usual if the parameter is absent */
function isOn(value, usual) {
  return value === null ? usual : !['0', 'false', 'no'].includes(value);
}
