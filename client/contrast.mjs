#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Computes the contrast (WCAG 2.2 §1.4.3 and §1.4.11) of the colours of shared/tokens.css that the
// pages use together, in the dark and the light scheme and on the stage. Ends with 1 if a pair is
// below its least ratio, or if the two blocks of the light scheme differ. --list prints all pairs.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The least ratios of words, and of other parts. */
const WORDS = 4.5, PARTS = 3;

/** Colours of words, and the grounds on which they are read. */
const WORD_PAIRS = {
  text: [
    'ground', 'surface', 'raised', 'sunken', 'past-ground', 'good-ground', 'warn-ground',
    'bad-ground', 'none-ground',
  ],
  quiet: ['ground', 'surface', 'raised', 'sunken', 'past-ground'],
  accent: ['ground', 'surface', 'raised', 'past-ground'],
  'on-fill': ['fill', 'fill-hover', 'danger'],
  good: ['good-ground', 'surface'],
  warn: ['warn-ground', 'surface'],
  bad: ['bad-ground', 'surface', 'raised'],
  past: ['past-ground'],
  none: ['none-ground'],
};
/** Colours of borders, focus rings and charts. */
const PART_PAIRS = {
  edge: ['ground', 'surface', 'raised'], accent: ['ground', 'surface'], c1: ['surface'],
  c2: ['surface'], c3: ['surface'], c4: ['surface'], c5: ['surface'], c6: ['surface'],
  fill: ['surface'],
};
/** Words over a picture of any colour, on the ground of base.css: the worst one is white. */
const OVER_PICTURES = /** @type {const} */ ([['corner', '#f5f7f9', '#000000c7', 'ffffff']]);

/** @param {string} hex @returns {number[]} red, green, blue and the opacity, 0–1 */
function channels(hex) {
  const digits = hex.replace('#', '');
  return [0, 2, 4, 6].map((at) => (
    digits.length > at ? parseInt(digits.slice(at, at + 2), 16) / 255 : 1));
}

/** @param {number[]} colour @returns {number} its relative luminance */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => (
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {number[]} over @param {number[]} under an opaque colour */
const laid = (over, under) => over.slice(0, 3).map((value, i) => (
  value * over[3] + under[i] * (1 - over[3])));

/** @param {number[]} first @param {number[]} second */
export function ratioOf(first, second) {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/**
 * The colours of the blocks of tokens.css whose selector is `selector`, by their names.
 * @param {string} css @param {RegExp} selector
 */
function colours(css, selector) {
  const block = selector.exec(css)?.[1] ?? '';
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[\da-f]{6}(?:[\da-f]{2})?)\b/gi)]
    .map(([, name, value]) => [name, value]));
}

/** @param {string} css the content of tokens.css */
function schemesOf(css) {
  const dark = colours(css, /^:root \{([^}]*)\}/m);
  const light = { ...dark, ...colours(css, /:root\[data-theme="light"\] \{([^}]*)\}/) };
  const system = { ...dark, ...colours(css, /:root:not\(\[data-theme="dark"\]\) \{([^}]*)\}/) };
  const stage = { ...dark, ...colours(css, /\.stage, \.on-stage \{([^}]*)\}/) };
  return { dark, light, system, stage };
}

/**
 * One line per pair, with its ratio and its least one.
 * @param {string} css
 */
export function pairsOf(css) {
  const { system, ...schemes } = schemesOf(css);
  const rows = Object.entries(schemes).flatMap(([scheme, all]) => (
    [{ pairs: WORD_PAIRS, least: WORDS }, { pairs: PART_PAIRS, least: PARTS }].flatMap(
      ({ pairs, least }) => Object.entries(pairs).flatMap(([word, grounds]) => (
        grounds.map((ground) => ({
          name: `${scheme}: ${word} on ${ground}`, least,
          ratio: all[word] && all[ground] ? ratioOf(channels(all[word]), channels(all[ground])) : 0,
        })))))));
  const over = OVER_PICTURES.map(([name, word, ground, picture]) => {
    const under = laid(channels(ground), channels(picture));
    return { name: `${name} over a picture`, least: WORDS, ratio: ratioOf(channels(word), under) };
  });
  const isEqual = JSON.stringify(system) === JSON.stringify(schemes.light);
  return { rows: [...rows, ...over], isEqual };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('shared/tokens.css', import.meta.url));
  const { rows, isEqual } = pairsOf(readFileSync(file, 'utf8'));
  for (const { name, ratio, least } of rows) {
    const isBad = ratio < least;
    if (isBad || process.argv.includes('--list')) {
      console.log(`shared/tokens.css: ${name}: ${ratio.toFixed(2)}, at least ${least}`);
    }
    if (isBad) process.exitCode = 1;
  }
  if (!isEqual) {
    console.log('shared/tokens.css: the light scheme of the system differs from the chosen one');
    process.exitCode = 1;
  }
}
