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
import { iconsOf, usedStyle } from './used.mjs';

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

/** @param {string} text a file's, without the line of its licence */
const unlicensed = (text) => text.replace(`<!-- ${LICENCE} -->\n`, '');

/** The markup of icons.svg, head.html and top.html is part of many pages. */
const HEAD = '<!-- head.html -->', TOP = '<!-- top.html -->', ICONS = /<!-- icons\.svg:? ?(.*) -->/;

/** @param {string} text markup @returns {string} without indentation */
const flat = (text) => text.replace(/^[ ]+(?=<)/gm, '').trimEnd();

/**
 * A page with the shared head and its first script, the names of pages, and the icons in use.
 * @param {string} page @param {string} folder of its sources
 */
function withShared(page, folder) {
  if (!page.includes(HEAD)) return { page, first: '' };
  const first = bundle('shared/first.js', 'iife').trimEnd();
  let whole = replaced(
    page, HEAD, `${flat(unlicensed(source('shared/head.html')))}\n<script>${first}</script>`);
  if (whole.includes(TOP)) {
    // The publisher page is below the folder of its stream.
    const root = folder === 'publish' ? '../' : './', current = folder === 'list' ? './' : folder;
    const top = flat(unlicensed(source('shared/top.html')))
      .replace(`<a href="./${current.replace('./', '')}"`, (link) => `${link} aria-current="page"`)
      .replaceAll('href="./', `href="${root}`);
    whole = replaced(whole, TOP, top);
  }
  const [comment, names = ''] = ICONS.exec(whole) ?? [''];
  const icons = iconsOf(source('shared/icons.svg'), whole, names.split(' '));
  if (comment) whole = replaced(whole, comment, `<svg hidden aria-hidden="true">${icons}</svg>`);
  return { page: whole, first };
}

/**
 * A page with its styles and its bundle.
 * @param {string} folder of the sources, and name of the page
 * @param {string[]} [options] of its bundle
 */
function assembled(folder, options = []) {
  const styles = ['shared/tokens', 'shared/base', `${folder}/${folder}`];
  const module = '<script type="module" src="main.js"></script>';
  const own = source(`${folder}/${folder}.html`);
  // A bundle is a script, whose modules are strict.
  const code = own.includes(module)
    ? `'use strict';${bundle(`${folder}/main.js`, 'iife', options)}` : '';
  const shared = withShared(own, folder);
  let { page } = shared;
  const whole = styles.map((name) => esbuild(`${name}.css`, [])).join('');
  const style = shared.first === '' ? whole : usedStyle(whole, `${page} ${code}`);
  const origin = `Built from client/${folder} by \`node client/build.mjs\``;
  page = replaced(page, `<!-- ${LICENCE} -->`, `<!-- ${LICENCE}
     ${origin}: change the sources, not this file. -->`);
  const scripts = [shared.first, code].filter((text) => text !== '').map(hash);
  page = replaced(page, "script-src 'self'", `script-src ${scripts.join(' ')} 'self'`);
  page = replaced(page, "style-src 'self'", `style-src ${hash(style)}`);
  const links = styles.map((name) => `<link rel="stylesheet" href="${basename(name)}.css">`);
  page = replaced(page, links.join('\n'), `<style>${style}</style>`);
  return code === '' ? page : replaced(page, module, `<script>${code}</script>`);
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
  'list.html': assembled('list'),
  'wall.html': assembled('wall', [
    build, '--define:HAS_SECOND_FILE=true', '--define:IN_WALL=true']),
  'publish.html': assembled('publish'), 'error.html': assembled('error'),
  'live-publisher.js': moduleOf('publisher/main.js'),
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
