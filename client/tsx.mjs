#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Runs a TypeScript file without a package of npm. Node 22.18 and later removes the types itself;
// for an older node, esbuild (Debian package `esbuild`) builds a bundle. `npx tsx FILE` runs this
// script because of "bin" in package.json.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const [entry, ...rest] = process.argv.slice(2);
if (!entry) {
  console.error('usage: tsx FILE.ts [ARGUMENT...]');
  process.exit(2);
}
const [major, minor] = process.versions.node.split('.').map(Number);
const removesTypes = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
const folder = removesTypes ? null : mkdtempSync(join(tmpdir(), 'tsx-'));
const removeFolder = () => { if (folder) rmSync(folder, { recursive: true, force: true }); };

let words = [entry, ...rest];
if (folder) {
  const output = join(folder, 'entry.mjs');
  const built = spawnSync(process.env.ESBUILD ?? 'esbuild', [
    entry, '--bundle', '--platform=node', '--format=esm', `--target=node${major}`,
    '--sourcemap=inline', '--log-level=warning', `--outfile=${output}`,
  ], { stdio: 'inherit' });
  if (built.error || built.status) {
    const missing = 'esbuild not found: apt-get install esbuild';
    console.error(built.error ? missing : `${entry} cannot be built`);
    removeFolder();
    process.exit(2);
  }
  words = ['--enable-source-maps', output, ...rest];
}
const program = spawn(process.execPath, words, { stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => program.kill(signal));  // the program decides how to end
}
program.on('error', (error) => {
  console.error(error.message);
  removeFolder();
  process.exit(1);
});
program.on('exit', (status, signal) => {
  removeFolder();
  process.exit(status ?? 128 + constants.signals[signal ?? 'SIGTERM']);
});
