#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Assembles the pages, self-contained files: each from its HTML, its style and the modules that its
// main.js imports; and live-player.js, the player as a module. `import` and `export` are removed,
// so all modules share one scope: a name that two of them declare is an error.
//
// --check writes nothing and ends with 1 if a built file differs from its sources.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const client = fileURLToPath(new URL('.', import.meta.url));
const source = (/** @type {string} */ name) => readFileSync(join(client, name), 'utf8');

const LICENCE = 'SPDX-License-Identifier: Apache-2.0';
const IMPORT = /^import \{[^}]*\} from '(\.[^']+)';\n/gm;
const EXPORT = /^export (?=(?:async )?(?:function|class|const) )/gm;
/** Comments that begin a line: the sources have them. */
const COMMENT = /^[ \t]*(?:\/\*\*(?:(?!\*\/)[^])*\*\/|\/\/.*)\n/gm;

/**
 * The paths of a module and of the modules that it imports; a module follows its imports.
 * @param {string} path @param {string[]} [importers] @param {Set<string>} [found]
 */
function modulesOf(path, importers = [], found = new Set()) {
  if (!path.endsWith('.js')) return found.add(path);
  if (importers.includes(path)) throw new Error(`cyclic imports: ${importers.join(', ')}, ${path}`);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
    modulesOf(join(dirname(path), name), [...importers, path], found);
  }
  return found.add(path);
}

/** @param {string} text as a template literal */
const literal = (text) => `\`${text.replace(/[\\`]|\$\{/g, '\\$&')}\``;

/**
 * The elements of the player from the page, or a style, as a constant.
 * @param {string} path
 */
function text(path) {
  const content = readFileSync(path, 'utf8').replace(`/* ${LICENCE} */\n`, '').trim();
  if (path.endsWith('.css')) return `const STAGE_STYLE = ${literal(`\n${content}\n`)};\n`;
  const [, elements] = /<!-- stage -->\n([^]*?)\n *<!-- \/stage -->/.exec(content) ?? [];
  if (!elements) throw new Error(`${path}: no <!-- stage -->`);
  return `const STAGE_MARKUP = ${literal(elements)};\n`;
}

/**
 * A module without comments, imports and exports.
 * @param {string} path
 */
function body(path) {
  if (!path.endsWith('.js')) return `// ${relative(client, path)}\n\n${text(path)}`;
  const code = readFileSync(path, 'utf8')
    .replace(IMPORT, '').replace(COMMENT, '').replace(EXPORT, '').replace(/\n{2,}/g, '\n').trim();
  const rest = /^\s*(?:import|export) .*/m.exec(code);
  if (rest) throw new Error(`${path}: the build cannot remove "${rest[0].trim()}"`);
  return `// ${relative(client, path)}\n\n${code}\n`;
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
 * The code of a main.js and all modules that it imports.
 * @param {string} folder
 */
function script(folder) {
  const modules = [...modulesOf(join(client, folder, 'main.js'))].map(body).join('\n');
  // Throws on a name that is declared twice. A script has no `import.meta`.
  const code = `'use strict';\n{\n${modules.replaceAll('import.meta.url', '""')}\n}`;
  new Script(code, { filename: folder });
  return modules;
}

/**
 * A page with its styles and its modules.
 * @param {string} folder of the sources, and name of the page
 * @param {string[]} [styles] paths without suffix
 */
function assembled(folder, styles = [`${folder}/${folder}`]) {
  const style = styles.map((name) => `\n${source(`${name}.css`).replace(`/* ${LICENCE} */\n`, '')}`)
    .join('');
  const code = `\n'use strict';\n{\n\n${script(folder)}\n}\n`;
  let page = source(`${folder}/${folder}.html`);
  const origin = `Built from client/${folder} by \`node client/build.mjs\``;
  page = replaced(page, `<!-- ${LICENCE} -->`, `<!-- ${LICENCE}
     ${origin}: change the sources, not this file. -->`);
  page = replaced(page, "script-src 'self'", `script-src ${hash(code)} 'self'`);
  page = replaced(page, "style-src 'self'", `style-src ${hash(style)}`);
  const links = styles.map((name) => `<link rel="stylesheet" href="${basename(name)}.css">`);
  page = replaced(page, links.join('\n'), `<style>${style}</style>`);
  const module = '<script type="module" src="main.js"></script>';
  // Modules run in order after the document; a plain script would run before the player's module.
  const kind = page.includes('live-player.js') ? ' type="module"' : '';
  return replaced(page, module, `<script${kind}>${code}</script>`);
}

/** The player as a module. */
function player() {
  return `// ${LICENCE}
// Built from client/player by \`node client/build.mjs\`: change the sources, not this file.

${script('player')}
export { LivePlayer };
`;
}

const built = {
  'browser.html': assembled('page', ['page/stage', 'page/page']), 'stats.html': assembled('stats'),
  'list.html': assembled('list'), 'wall.html': assembled('wall'), 'live-player.js': player(),
};
for (const [name, content] of Object.entries(built)) {
  const output = join(client, name);
  if (!process.argv.includes('--check')) writeFileSync(output, content);
  else if (readFileSync(output, 'utf8') !== content) {
    console.error(`client/${name} differs from its sources: run node client/build.mjs`);
    process.exitCode = 1;
  }
}
