#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Assembles browser.html, one self-contained file, from page/page.html, page/page.css and the
// modules that page/main.js imports. `import` and `export` are removed, so all modules share one
// scope: a name that two of them declare is an error.
//
// --check writes nothing and ends with 1 if browser.html differs from its sources.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const client = fileURLToPath(new URL('.', import.meta.url));
const output = join(client, 'browser.html');
const source = (/** @type {string} */ name) => readFileSync(join(client, 'page', name), 'utf8');

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
  if (parts.length !== 2) throw new Error(`page.html: not exactly one ${old}`);
  return parts.join(replacement);
}

function assembled() {
  const style = `\n${source('page.css').replace(`/* ${LICENCE} */\n`, '')}`;
  const modules = [...modulesOf(join(client, 'page/main.js'))].map(body);
  const script = `\n'use strict';\n{\n\n${modules.join('\n')}\n}\n`;
  new Script(script, { filename: 'browser.html' });  // throws on a name that is declared twice
  let page = source('page.html');
  page = replaced(page, `<!-- ${LICENCE} -->`, `<!-- ${LICENCE}
     Built from client/page by \`node client/build.mjs\`: change the sources, not this file. -->`);
  page = replaced(page, "script-src 'self'", `script-src ${hash(script)} 'self'`);
  page = replaced(page, "style-src 'self'", `style-src ${hash(style)}`);
  page = replaced(page, '<link rel="stylesheet" href="page.css">', `<style>${style}</style>`);
  const module = '<script type="module" src="main.js"></script>';
  return replaced(page, module, `<script>${script}</script>`);
}

const page = assembled();
if (!process.argv.includes('--check')) writeFileSync(output, page);
else if (readFileSync(output, 'utf8') !== page) {
  console.error('client/browser.html differs from its sources: run node client/build.mjs');
  process.exit(1);
}
