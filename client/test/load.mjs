// SPDX-License-Identifier: Apache-2.0
// Loads TypeScript modules through esbuild: node 20 cannot import them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));

/** The exports of a module under client/. @param {string} name */
export async function typescript(name) {
  const folder = mkdtempSync(join(tmpdir(), 'client-test-')), out = join(folder, 'module.mjs');
  try {
    const { status, error, stderr } = spawnSync('esbuild', [join(client, name), '--bundle', '--platform=node',
      '--format=esm', '--log-level=warning', `--outfile=${out}`], { encoding: 'utf8' });
    if (error || status) throw new Error(error ? 'esbuild not found: apt-get install esbuild' : stderr);
    return await import(pathToFileURL(out).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
