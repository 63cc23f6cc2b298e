// Loads what is tested: TypeScript modules through esbuild, the page's script without its page.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';

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

/** The named functions and classes of browser.html's script. @param {string[]} names */
export function page(names) {
  const script = readFileSync(join(client, 'browser.html'), 'utf8').split('<script>')[1].split('</script>')[0];
  const context = vm.createContext({ URL, AbortController, setTimeout, clearTimeout, console });
  return vm.runInContext(`${script}\n;({ ${names.join(', ')} })`, context);
}

/** A plain copy, so that values of the other realm compare as equal. @template T @param {T} value @returns {T} */
export const plain = (value) => JSON.parse(JSON.stringify(value));
