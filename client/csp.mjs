#!/usr/bin/env node
// Writes the hashes of the inline style and script of browser.html into its Content-Security-Policy.
// --check: writes nothing, ends with 1 when they are stale.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('browser.html', import.meta.url);
const page = readFileSync(file, 'utf8');

/** @param {string} tag */
function hashOf(tag) {
  const found = [...page.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))];
  if (found.length !== 1) throw new Error(`browser.html must have exactly one inline <${tag}>, it has ${found.length}`);
  return `'sha256-${createHash('sha256').update(found[0][1]).digest('base64')}'`;
}

const renewed = page
  .replace(/(script-src )'sha256-[^']*'/, (_, before) => before + hashOf('script'))
  .replace(/(style-src )'sha256-[^']*'/, (_, before) => before + hashOf('style'));
if (process.argv.includes('--check')) {
  if (renewed !== page) {
    console.error('browser.html: stale hashes in its Content-Security-Policy; run node client/csp.mjs');
    process.exit(1);
  }
} else if (renewed !== page) writeFileSync(file, renewed);
