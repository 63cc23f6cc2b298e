// SPDX-License-Identifier: Apache-2.0
// Debian's esbuild, with the options of all bundles.

import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { usedStyle } from './used.mjs';

/** A version of the language that all browsers with Media Source Extensions have in 2026. */
const TARGET = 'es2022';

/**
 * The output of esbuild for one file.
 * @param {string} name relative to client/ @param {string[]} options
 */
export function esbuild(name, options) {
  const words = [
    name, ...options, '--minify', '--charset=utf8', `--target=${TARGET}`, '--log-level=warning',
  ];
  const { status, error, stdout, stderr } = spawnSync(process.env.ESBUILD ?? 'esbuild', words, {
    cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8', maxBuffer: 1 << 26,
  });
  if (error) throw new Error('esbuild not found: apt-get install esbuild');
  if (status) throw new Error(stderr);
  return stdout;
}

/** @param {string} name relative to client/ */
const contentOf = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Markup without its first comment and without indentation. @param {string} name */
export function markup(name) {
  return contentOf(name).replace(/^<!--.*-->\s*/, '').replace(/\s*\n\s*/g, '\n')
    .replace(/>\n</g, '><').trim();
}

/**
 * The markup of the stage.
 * @param {string} [name] before the badge @param {string} [share] after it
 */
export function stageMarkup(name = '', share = '') {
  return markup('stage/stage.html').replace('<!-- name -->', name)
    .replace('<!-- share -->', share);
}

/** The classes of states: those that the first file of the element has, and all. */
const BRIEF = 'live start lost past none';
const STATES = `${BRIEF} late wait demand bad warn go solid btn`;

/** The classes in markup. @param {string} text */
export const classesIn = (text) => (
  [...text.matchAll(/class="([^"]*)"/g)].map(([, names]) => names).join(' '));

/** The custom properties that a style sheet uses. @param {string} css */
const propertiesIn = (css) => [...css.matchAll(/var\(--[\w-]+/g)].join(' ');

/**
 * The parts of the shared style sheets that are needed.
 * @param {string} classes @param {string} own the style sheet beside them
 * @param {string} [states] the classes of states
 */
export function sharedStyle(classes, own, states = STATES) {
  const css = ['tokens', 'base'].map((each) => esbuild(`shared/${each}.css`, [])).join('');
  return usedStyle(css, `${classes} ${states} ${propertiesIn(own)}`);
}

/** Elements that only menus and sheets have. */
const LATER_ELEMENTS = new RegExp('^(ul|ol|h[123]\\b[^,]|code|pre|table|th|td|tr|tbody|textarea'
  + '|time|a\\{|svg\\.i\\.s|\\.btn(\\.bad|:|\\[|\\.go))');

/** The names in the sources of the sheets. */
const sheetNames = () => ['past.html', ...readdirSync(new URL('sheets', import.meta.url))
  .filter((each) => each.endsWith('.js'))].map((each) => contentOf(`sheets/${each}`)).join(' ');

/**
 * @param {string} css minified
 * @returns {string[]} its rules; a condition with its block is one
 */
function topRules(css) {
  const rules = [];
  for (let start = 0, depth = 0, i = 0; i < css.length; i += 1) {
    if (css[i] === '{') depth += 1;
    if (css[i] !== '}' || (depth -= 1) > 0) continue;
    rules.push(css.slice(start, i + 1));
    start = i + 1;
  }
  return rules;
}

const stageStyle = () => {
  const own = esbuild('stage/stage.css', []);
  return sharedStyle(classesIn(stageMarkup()), own, BRIEF) + own;
};

/** The style of the shadow root: the stage is dark in both schemes. */
function elementStyle() {
  const rules = topRules(stageStyle()).filter((rule) => (
    !/prefers-color-scheme|data-theme/.test(rule)
    && !/^(html|body|main|@media \(max-width: 699px\)\{main)\b/.test(rule)
    && !LATER_ELEMENTS.test(rule) && !/^:root\{color-scheme/.test(rule)));
  const style = rules.join('').replace(/:root/g, ':host');
  const names = [...style.matchAll(/\.([a-zA-Z][\w-]*)/g)].map(([, name]) => name);
  return usedStyle(style, names.join(' '));
}

/** The style of the second file, without the rules of the first one. */
function sheetsStyle() {
  const first = new Set(topRules(stageStyle()).filter((rule) => !LATER_ELEMENTS.test(rule)));
  const own = esbuild('sheets/sheets.css', []);
  const shared = topRules(sharedStyle(sheetNames(), own)).filter((rule) => (
    (!first.has(rule) || rule.includes(':root'))
    && !/^(html|body|main)\b|^:root(\[|\{color)|prefers-color/.test(rule)));
  return shared.join('').replace(/:root\{/g, ':root,:host{') + own;
}

/**
 * The options of a bundle. The import of the second file of the player stays as it is, and styles
 * and markup become texts.
 */
export const BUNDLE = [
  '--bundle', '--external:*/live-player-later.js', '--define:IN_WALL=undefined',
  `--define:STAGE_STYLE=${JSON.stringify(elementStyle())}`,
  `--define:STAGE_MARKUP=${JSON.stringify(stageMarkup())}`,
  `--define:SHEETS_STYLE=${JSON.stringify(sheetsStyle())}`,
  `--define:PAST_MARKUP=${JSON.stringify(markup('sheets/past.html'))}`,
];

/**
 * The two files of the player. The first one leaves to the second one what few viewers need.
 * @type {Record<string, { source: string, options: string[] }>}
 */
export const PLAYER = {
  'live-player.js': { source: 'player/main.js', options: ['--define:HAS_SECOND_FILE=true'] },
  'live-player-later.js': { source: 'stage/later.js', options: [] },
};

/** The option that names the build in both files of the player: a hash of their content. */
export function playerBuild() {
  const hash = createHash('sha256');
  for (const { source, options } of Object.values(PLAYER)) {
    hash.update(esbuild(source, [...BUNDLE, '--format=esm', ...options]));
  }
  return `--define:PLAYER_BUILD="${hash.digest('hex').slice(0, 12)}"`;
}
