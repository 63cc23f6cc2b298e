// SPDX-License-Identifier: Apache-2.0
// The keys and gestures of the player.

import { make } from './make.js';

/** @type {[string, [string, string[]][]][]} */
const GROUPS = [
  ['Play', [
    ['Play or pause', ['Space', 'K']], ['Sound on or off', ['M']], ['Louder, quieter', ['↑', '↓']],
    ['Captions', ['C']], ['Full screen', ['F']], ['Small window', ['P']], ['Save a picture', ['S']],
  ]],
  ['Time, if the stream is recorded', [
    ['5 s back, on', ['←', '→']], ['10 s back, on', ['J', 'L']], ['One frame back, on', [',', '.']],
    ['Slower, faster', ['<', '>']], ['Less, more time', ['+', '−']],
    ['Start, end of a clip', ['[', ']']], ['Go live', ['End']],
  ]],
  ['Page', [
    ['Figures', ['I']], ['Share', ['U']], ['Keys', ['?']], ['Close what is open', ['Esc']],
  ]],
];

/** @type {[string, string][]} */
const GESTURES = [
  ['Show or hide the controls', 'tap'], ['10 s back, on', 'tap twice at a side'],
  ['Less, more time', 'pinch the time bar'],
];

/**
 * The content of the sheet.
 * @param {import('../stage/stage.js').Stage} stage
 */
export function keyHelp({ options: { page }, root }) {
  const missing = [page ? '' : 'Share', root.getElementById('figures-button') ? '' : 'Figures'];
  const groups = GROUPS.map(([title, rows]) => make('dl', {}, make('h3', {}, title),
    ...rows.filter(([name]) => !missing.includes(name)).flatMap(([name, keys]) => [
      make('dt', {}, name), make('dd', {}, ...keys.map((key) => make('kbd', {}, key)))])));
  const touch = make('dl', { class: 'touch' }, make('h3', {}, 'Touch'),
    ...GESTURES.flatMap(([name, how]) => [make('dt', {}, name), make('dd', {}, how)]));
  return make('div', { class: 'keys' }, ...groups, touch);
}
