// SPDX-License-Identifier: Apache-2.0
// Debian's esbuild, with the options of all bundles.

import { spawnSync } from 'node:child_process';
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
