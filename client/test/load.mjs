// SPDX-License-Identifier: Apache-2.0
// Loads TypeScript modules through esbuild: node 20 cannot import them.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));
const OPTIONS = ['--bundle', '--platform=node', '--format=esm', '--log-level=warning'];

/**
 * The exports of a module.
 * @param {string} name relative to client/
 */
export async function typescript(name) {
  const folder = mkdtempSync(join(tmpdir(), 'client-test-')), output = join(folder, 'module.mjs');
  try {
    const words = [join(client, name), ...OPTIONS, `--outfile=${output}`];
    const { status, error, stderr } = spawnSync('esbuild', words, { encoding: 'utf8' });
    if (error) throw new Error('esbuild not found: apt-get install esbuild');
    if (status) throw new Error(stderr);
    return await import(pathToFileURL(output).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
