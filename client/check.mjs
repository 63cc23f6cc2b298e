#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Checks the clients: built files are up to date with their sources, the colours have the contrast
// of WCAG AA, the types of the pages and of client.ts are right (tsc of Debian's node-typescript),
// and the modules follow the rules of .eslintrc.json (Debian's eslint). Ends with 1 on a finding.

import { spawnSync } from 'node:child_process';
import {
  mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('.', import.meta.url));
const strict = [
  '--noEmit', '--strict', '--noUnusedLocals', '--noImplicitReturns', '--allowJs', '--checkJs',
  '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--typeRoots', join(client, 'none'),
  '--module', 'es2022', '--moduleResolution', 'node', '--importsNotUsedAsValues', 'error',
];

/** The Debian packages of programs whose names differ. */
const PACKAGES = { tsc: 'node-typescript' };
/** The folders of Debian's modules: a node from elsewhere does not search them. */
const MODULES = ['/usr/share/nodejs', '/usr/lib/nodejs', '/usr/lib/x86_64-linux-gnu/nodejs'];

/**
 * @param {string} subject @param {string} program @param {string[]} words
 * @returns {boolean} whether the program succeeded
 */
function run(subject, program, words) {
  const env = { ...process.env, NODE_PATH: MODULES.join(':') };
  const { status, error } = spawnSync(program, words, { stdio: 'inherit', env });
  const missing = /** @type {Record<string, string>} */ (PACKAGES)[program] ?? program;
  if (error) console.error(`${subject}: ${program} not found: apt-get install ${missing}`);
  return status === 0;
}

/**
 * The files of these folders, relative to client/.
 * @param {...string} folders
 */
const filesIn = (...folders) => folders.flatMap((folder) => (
  readdirSync(join(client, folder), { encoding: 'utf8', recursive: true })
    .filter((name) => /\.[jt]s$/.test(name)).map((name) => join(folder, name))));

// tsc 4.8 cannot resolve imports of './x.ts', which node's type stripping needs: it gets a copy.
const copy = mkdtempSync(join(tmpdir(), 'client-check-'));
const page = [
  'live-player.d.ts',
  ...filesIn('shared', 'engine', 'stage', 'sheets', 'page', 'player', 'stats', 'wall', 'list',
    'npm', 'publish', 'publisher'),
  // They import the package, and frameworks without types; Tests/Release checks those of React.
].filter((name) => !/^npm\/(examples\/|react)/.test(name));
const terminal = ['client.ts', ...filesIn('terminal', 'shared')];
for (const name of terminal) {
  mkdirSync(dirname(join(copy, name)), { recursive: true });
  const text = readFileSync(join(client, name), 'utf8').replace(/(from '\.[^']*)\.ts'/g, "$1.js'");
  writeFileSync(join(copy, name), text);
}
const good = [
  run('built files', process.execPath, [join(client, 'build.mjs'), '--check']),
  run('contrast', process.execPath, [join(client, 'contrast.mjs')]),
  run('page', 'tsc', [...strict, ...page.map((name) => join(client, name))]),
  run('rules', 'eslint', [
    '--format', 'unix', '--ignore-pattern', 'live-player.js',
    '--ignore-pattern', 'live-player-later.js',
    '--ignore-pattern', 'live-publisher.js', '--ext', '.js,.mjs', client,
  ]),
  run('client.ts', 'tsc', [...strict, ...terminal.map((name) => join(copy, name))]),
];
rmSync(copy, { recursive: true });
process.exit(good.every(Boolean) ? 0 : 1);
