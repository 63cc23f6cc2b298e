#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Assembles browser.html and stats.html, self-contained files: each from a page, its style and the
// modules that its main.js imports. `import` and `export` are removed, so all modules share one
// scope: a name that two of them declare is an error.
//
// --check writes nothing and ends with 1 if a built file differs from its sources.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const client = fileURLToPath(new URL('.', import.meta.url));
const source = (/** @type {string} */ name) => readFileSync(join(client, name), 'utf8');

const LICENCE = 'SPDX-License-Identifier: Apache-2.0';
const IMPORT = /^import \{[^}]*\} from '(\.[^']+)';\n/gm;
const EXPORT = /^export (?=(?:async )?(?:function|class|const) )/gm;
const IMPORTED_TYPE = /^\/\*\* @typedef \{import\(.*\n/gm;

/**
 * The paths of a module and of the modules that it imports; a module follows its imports.
 * @param {string} path @param {string[]} [importers] @param {Set<string>} [found]
 */
function modulesOf(path, importers = [], found = new Set()) {
  if (importers.includes(path)) throw new Error(`cyclic imports: ${importers.join(', ')}, ${path}`);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
    modulesOf(join(dirname(path), name), [...importers, path], found);
  }
  return found.add(path);
}

/**
 * A module without its licence line, imports and exports.
 * @param {string} path
 */
function body(path) {
  const text = readFileSync(path, 'utf8').replace(`// ${LICENCE}\n`, '')
    .replace(IMPORT, '').replace(IMPORTED_TYPE, '').replace(EXPORT, '').trim();
  const rest = /^\s*(?:import|export)\b.*/m.exec(text);
  if (rest) throw new Error(`${path}: the build cannot remove "${rest[0].trim()}"`);
  return `// ${relative(client, path)}\n\n${text}\n`;
}

/** @param {string} text */
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** @param {string} text @param {string} old must be in `text` once @param {string} replacement */
function replaced(text, old, replacement) {
  const parts = text.split(old);
  if (parts.length !== 2) throw new Error(`not exactly one ${old}`);
  return parts.join(replacement);
}

/**
 * A page with its style and its modules.
 * @param {string} folder of the sources, and name of the page and its style
 */
function assembled(folder) {
  const style = `\n${source(`${folder}/${folder}.css`).replace(`/* ${LICENCE} */\n`, '')}`;
  const modules = [...modulesOf(join(client, folder, 'main.js'))].map(body);
  const script = `\n'use strict';\n{\n\n${modules.join('\n')}\n}\n`;
  new Script(script, { filename: folder });  // throws on a name that is declared twice
  let page = source(`${folder}/${folder}.html`);
  const origin = `Built from client/${folder} by \`node client/build.mjs\``;
  page = replaced(page, `<!-- ${LICENCE} -->`, `<!-- ${LICENCE}
     ${origin}: change the sources, not this file. -->`);
  page = replaced(page, "script-src 'self'", `script-src ${hash(script)} 'self'`);
  page = replaced(page, "style-src 'self'", `style-src ${hash(style)}`);
  page = replaced(page, `<link rel="stylesheet" href="${folder}.css">`, `<style>${style}</style>`);
  const module = '<script type="module" src="main.js"></script>';
  return replaced(page, module, `<script>${script}</script>`);
}

const built = { 'browser.html': assembled('page'), 'stats.html': assembled('stats') };
for (const [name, text] of Object.entries(built)) {
  const output = join(client, name);
  if (!process.argv.includes('--check')) writeFileSync(output, text);
  else if (readFileSync(output, 'utf8') !== text) {
    console.error(`client/${name} differs from its sources: run node client/build.mjs`);
    process.exitCode = 1;
  }
}
