#!/usr/bin/env node
// Runs a TypeScript file, nothing from npm needed: newer node strips types itself, an older one goes
// through esbuild (Debian package `esbuild`). `npx tsx FILE` finds this by package.json's "bin".
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
const strips = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
const folder = strips ? null : mkdtempSync(join(tmpdir(), 'tsx-'));
const tidy = () => { if (folder) rmSync(folder, { recursive: true, force: true }); };

let words = [entry, ...rest];
if (folder) {
  const out = join(folder, 'entry.mjs');
  const built = spawnSync(process.env.ESBUILD ?? 'esbuild', [entry, '--bundle', '--platform=node', '--format=esm',
    `--target=node${major}`, '--sourcemap=inline', '--log-level=warning', `--outfile=${out}`], { stdio: 'inherit' });
  if (built.error || built.status) {
    console.error(built.error ? 'esbuild not found: apt-get install esbuild' : `${entry} cannot be built`);
    tidy();
    process.exit(2);
  }
  words = ['--enable-source-maps', out, ...rest];
}
const program = spawn(process.execPath, words, { stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => program.kill(signal));  // the program decides how it ends
}
program.on('error', (error) => {
  console.error(error.message);
  tidy();
  process.exit(1);
});
program.on('exit', (status, signal) => {
  tidy();
  process.exit(status ?? 128 + constants.signals[signal ?? 'SIGTERM']);
});
