#!/usr/bin/env node
// Runs a TypeScript file, nothing from npm needed: newer node strips types itself, an older one goes
// through esbuild (Debian package `esbuild`). `npx tsx FILE` finds this by package.json's "bin".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [entry, ...rest] = process.argv.slice(2);
if (!entry) {
  console.error('usage: tsx FILE.ts [ARGUMENT...]');
  process.exit(2);
}
const [major, minor] = process.versions.node.split('.').map(Number);
process.on('SIGINT', () => {});  // the program decides when it ends

/** Ends as the child did. @param {import('node:child_process').SpawnSyncReturns<Buffer>} run */
const statusOf = (run) => run.status ?? 1;

if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) {
  process.exit(statusOf(spawnSync(process.execPath, [entry, ...rest], { stdio: 'inherit' })));
}
const folder = mkdtempSync(join(tmpdir(), 'tsx-')), out = join(folder, 'entry.mjs');
const built = spawnSync(process.env.ESBUILD ?? 'esbuild', [entry, '--bundle', '--platform=node', '--format=esm',
  `--target=node${major}`, '--sourcemap=inline', '--log-level=warning', `--outfile=${out}`], { stdio: 'inherit' });
if (built.error || built.status) {
  console.error(built.error ? 'esbuild not found: apt-get install esbuild' : `${entry} cannot be built`);
  rmSync(folder, { recursive: true });
  process.exit(2);
}
const run = spawnSync(process.execPath, ['--enable-source-maps', out, ...rest], { stdio: 'inherit' });
rmSync(folder, { recursive: true });
process.exit(statusOf(run));
