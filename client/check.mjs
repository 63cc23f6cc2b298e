#!/usr/bin/env node
// Checks the client: hashes of the page's policy, and the types of the page's script and of client.ts
// (tsc of Debian's node-typescript). Ends with 1 on a finding.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const page = readFileSync(join(here, 'browser.html'), 'utf8');
const strict = ['--noEmit', '--strict', '--noUnusedLocals', '--noImplicitReturns', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--typeRoots', join(here, 'none')];

/** @param {string} what @param {string} program @param {string[]} words */
function run(what, program, words) {
  const { status, error } = spawnSync(program, words, { stdio: 'inherit' });
  if (error) console.error(`${what}: ${program} not found: apt-get install node-typescript`);
  return status === 0;
}

const folder = mkdtempSync(join(tmpdir(), 'client-check-'));
const script = join(folder, 'browser.js');
// Same line numbers as in the page.
const [before, text] = page.split(/<script>/, 2);
writeFileSync(script, '\n'.repeat(before.split('\n').length - 1) + text.split('</script>')[0]);
// tsc 4.8 knows no imports of './x.ts', which node's own type stripping needs.
mkdirSync(join(folder, 'src'));
const sources = ['client.ts', ...readdirSync(join(here, 'src')).map((name) => join('src', name))];
for (const name of sources) {
  writeFileSync(join(folder, name), readFileSync(join(here, name), 'utf8').replace(/(from '\.[^']*)\.ts'/g, "$1.js'"));
}
const good = [
  run('policy', process.execPath, [join(here, 'csp.mjs'), '--check']),
  run('page', 'tsc', [...strict, '--allowJs', '--checkJs', script]),
  run('client.ts', 'tsc', [...strict, '--module', 'es2022', '--moduleResolution', 'node', '--importsNotUsedAsValues', 'error',
    ...sources.map((name) => join(folder, name))]),
];
rmSync(folder, { recursive: true });
process.exit(good.every(Boolean) ? 0 : 1);
