#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Makes the package of npm: node client/npm/pack.mjs FOLDER
//
// Its modules are bundles with source maps, so that a page needs no build step; its README states
// their sizes. `npm pack` writes the archive, whose entries have one constant time.

import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { BUNDLE, esbuild, PLAYER, playerBuild } from '../esbuild.mjs';

const npm = fileURLToPath(new URL('.', import.meta.url));
const root = join(npm, '../..');

/**
 * The modules: their sources, and the options of their bundles.
 * @type {Record<string, { source: string, options: string[] }>}
 */
const MODULES = {
  ...PLAYER,
  'hls-preset.js': { source: 'npm/hls-preset.js', options: [] },
  'video-js.js': { source: 'npm/video-js.js', options: ['--external:./hls-preset.js'] },
};

/** Files that the package has as they are. */
const COPIED = [
  'package.json', 'hls-preset.d.ts', 'video-js.d.ts', 'react-props.d.ts', 'react.js', 'react.d.ts',
  'react-global.js', 'react-global.d.ts',
];

/** The size of a file as it is transferred, in kB. @param {string} path */
function transferred(path) {
  return `${(gzipSync(readFileSync(path), { level: 9 }).length / 1000).toFixed(1)} kB`;
}

/** Writes the files of the package. @param {string} folder */
function fill(folder) {
  const build = playerBuild();
  for (const [name, { source, options }] of Object.entries(MODULES)) {
    esbuild(source, [
      ...BUNDLE, build, '--format=esm', '--sourcemap',
      '--banner:js=// SPDX-License-Identifier: Apache-2.0',
      ...options, `--outfile=${join(folder, name)}`,
    ]);
  }
  copyFileSync(join(npm, '../live-player.d.ts'), join(folder, 'live-player.d.ts'));
  for (const name of COPIED) {
    copyFileSync(join(npm, name), join(folder, name));
  }
  cpSync(join(npm, 'examples'), join(folder, 'examples'), { recursive: true });
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  let readme = readFileSync(join(npm, 'README.md'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(npm, 'package.json'), 'utf8'));
  readme = readme.replace('{version}', version);
  for (const name of Object.keys(MODULES)) {
    readme = readme.replace(`{size of ${name}}`, transferred(join(folder, name)));
  }
  writeFileSync(join(folder, 'README.md'), readme);
}

const target = process.argv[2];
if (!target || process.argv.length > 3) {
  console.error('usage: node client/npm/pack.mjs FOLDER');
  process.exit(2);
}
// Source maps have the path from here to the sources.
const folder = join(npm, '.build-package');
try {
  mkdirSync(folder, { recursive: true });
  fill(folder);
  mkdirSync(target, { recursive: true });
  const { status, error } = spawnSync(
    'npm', ['pack', '--silent', '--offline', '--pack-destination', resolve(target)],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw new Error('npm not found: it comes with node');
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
