// SPDX-License-Identifier: Apache-2.0
// Debian's esbuild, with the options of all bundles.

import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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

/** The markup of the stage, without its first comment and without indentation. */
function stageMarkup() {
  const text = readFileSync(new URL('stage/stage.html', import.meta.url), 'utf8');
  return text.replace(/^<!--.*-->\s*/, '').replace(/\s*\n\s*/g, '\n');
}

/**
 * The options of a bundle. The import of the second file of the player stays as it is, and the
 * styles and the markup of the stage become texts.
 */
export const BUNDLE = [
  '--bundle', '--external:*/live-player-later.js',
  `--define:STAGE_STYLE=${JSON.stringify(esbuild('stage/stage.css', []))}`,
  `--define:STAGE_MARKUP=${JSON.stringify(stageMarkup())}`,
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
