#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Builds the pages, self-contained files: each from its HTML, its styles and the bundle of its
// main.js, with the hashes of both in its policy; and live-player.js and live-publisher.js, the
// elements as modules, with live-player-later.js, which the player loads when it needs it.
// Debian's esbuild makes the bundles.
//
// --check writes nothing and ends with 1 if a built file differs from its sources.
// --source-map adds an inline source map to each bundle, for a debugger.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BUNDLE, classesIn, esbuild, markup, PLAYER, playerBuild, sharedStyle, stageMarkup,
} from './esbuild.mjs';

const client = fileURLToPath(new URL('.', import.meta.url));
const source = (/** @type {string} */ name) => readFileSync(join(client, name), 'utf8');

const LICENCE = 'SPDX-License-Identifier: Apache-2.0';

/**
 * A file with all modules that it imports.
 * @param {string} name @param {'iife' | 'esm'} format @param {string[]} [more] options
 */
function bundle(name, format, more = []) {
  const map = process.argv.includes('--source-map') ? ['--sourcemap=inline'] : [];
  return esbuild(name, [...BUNDLE, `--format=${format}`, ...more, ...map]);
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
 * A page with its styles and its bundle.
 * @param {string} folder of the sources, and name of the page
 * @param {string[]} [styles] paths without suffix
 */
function assembled(folder, styles = [`${folder}/${folder}`]) {
  const style = styles.map((name) => esbuild(`${name}.css`, [])).join('');
  // A bundle is a script, whose modules are strict.
  const code = `'use strict';${bundle(`${folder}/main.js`, 'iife')}`;
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

/**
 * The page of a stream: code that the first picture does not need is in the second file.
 * @param {string} named the option that names the build
 */
function streamPage(named) {
  const stage = stageMarkup(markup('page/name.html'), markup('page/share.html'));
  const own = ['stage/stage', 'page/page'].map((name) => esbuild(`${name}.css`, [])).join('');
  const style = sharedStyle(classesIn(source('page/page.html') + stage), own) + own;
  const first = bundle('page/first.js', 'iife').trim();
  const code = `'use strict';${bundle(
    'page/main.js', 'iife', [named, '--define:HAS_SECOND_FILE=true'])}`;
  let page = source('page/page.html').replace(`<!-- ${LICENCE} -->\n`, '')
    .replace(/\n\s*/g, '\n');
  page = replaced(page, '<!-- stage.html -->', stage);
  page = replaced(page, '<!doctype html>', `<!doctype html>
<!-- ${LICENCE}
     Built from client/page by \`node client/build.mjs\`: change the sources, not this file. -->`);
  page = replaced(page, "script-src 'self'", `script-src ${hash(first)} ${hash(code)} 'self'`);
  page = replaced(page, "style-src 'self'", `style-src ${hash(style)}`);
  const links = ['tokens', 'base', 'stage', 'page'].map((name) => (
    `<link rel="stylesheet" href="${name}.css">`));
  page = replaced(page, links.join('\n'), `<style>${style}</style>`);
  page = replaced(page, '<script src="first.js"></script>', `<script>${first}</script>`);
  const module = '<script type="module" src="main.js"></script>';
  return replaced(page, module, `<script>${code}</script>`);
}

/**
 * A file as a module.
 * @param {string} name of the source @param {string[]} [more] options
 */
function moduleOf(name, more) {
  return `// ${LICENCE}
// Built from client/${name} by \`node client/build.mjs\`: change the sources, not this file.

${bundle(name, 'esm', more)}`;
}

const build = playerBuild();
const built = {
  'browser.html': streamPage(build), 'stats.html': assembled('stats'),
  'list.html': assembled('list'), 'wall.html': assembled('wall'),
  'publish.html': assembled('publish'), 'live-publisher.js': moduleOf('publisher/main.js'),
  ...Object.fromEntries(Object.entries(PLAYER).map(
    ([name, { source: from, options }]) => [name, moduleOf(from, [build, ...options])])),
};
for (const [name, content] of Object.entries(built)) {
  const output = join(client, name);
  if (!process.argv.includes('--check')) writeFileSync(output, content);
  else if (readFileSync(output, 'utf8') !== content) {
    console.error(`client/${name} differs from its sources: run node client/build.mjs`);
    process.exitCode = 1;
  }
}
