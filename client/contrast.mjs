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
/**
 * Words and icons over a picture of any colour: the file and the selector of their ground, its
 * colours or tokens, and the least ratio.
 * @type {[name: string, file: string, selector: string, colours: string[], least: number][]}
 */
const OVER_PICTURES = [
  ['corner label', 'shared/base.css', '.pic .corner', ['#f5f7f9'], WORDS],
  ...['live', 'late', 'lost', 'wait', 'start', 'past', 'none', 'bad'].map((kind) => (
    /** @type {[string, string, string, string[], number]} */ (
      [`badge ${kind}`, 'shared/base.css', kind === 'none' ? '.badge' : `.badge.${kind}`, [],
        WORDS]))),
  ['title', 'stage/stage.css', '.title', ['text'], WORDS],
  ['controls', 'stage/stage.css', '.controls', ['text', 'quiet'], WORDS],
  ['labels of the time bar', 'stage/stage.css', '.controls', ['#d3d9e0'], WORDS],
  ['marks of events', 'stage/stage.css', '.controls', ['#f4bd57'], PARTS],
  ['play button', 'stage/stage.css', '.bigplay', ['#ffffff'], PARTS],
  ['chip', 'stage/stage.css', '.chip', ['#ffffff'], WORDS],
  ['tell box', 'stage/stage.css', '.tell', ['text', 'quiet'], WORDS],
  ['message', 'stage/stage.css', '#messages p', ['text'], WORDS],
  ['captions', 'stage/stage.css', '.captions span', ['#ffffff'], WORDS],
  ['menu', 'sheets/sheets.css', '.stage .menu', ['text', 'quiet', 'accent'], WORDS],
  ['figures', 'sheets/sheets.css', '.figures', ['text', 'quiet', 'warn'], WORDS],
  ['still of the time bar', 'sheets/sheets.css', '.hoverat', ['text'], WORDS],
  ['tile caption', 'wall/wall.css', '.tile .cap h2', ['text'], WORDS],
  ['tile buttons', 'wall/wall.css', '.tile .tools', ['text', 'accent'], PARTS],
  ['words of a tile', 'wall/wall.css', '.tile .why', ['#ffffff', '#d3d9e0'], WORDS],
];

/** @param {string} hex @returns {number[]} red, green, blue and the opacity, 0–1 */
function channels(hex) {
  const short = hex.replace('#', '');
  const digits = short.length > 4 ? short : short.replace(/./g, '$&$&');
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
 * The least opaque colour of a rule's ground; the clear end of a gradient has no words.
 * @param {string} css @param {string} selector @param {Record<string, string>} all tokens
 * @returns {{ ground: string, word: string }} both empty if unknown; `word` of the same rule
 */
function ruleOf(css, selector, all) {
  const escaped = selector.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`(?:^|[,}])\\s*${escaped}(?:,[^{}]*)? \\{([^}]*)\\}`, 'm').exec(css);
  const rule = (found?.[1] ?? '').replace(/var\(--([\w-]+)\)/g, (_, name) => all[name] ?? '');
  const hex = (/** @type {string} */ property) => (
    [...(new RegExp(`(?:^|[;\\s])${property}: ([^;]*)`).exec(rule)?.[1] ?? '')
      .matchAll(/#[\da-f]{3,8}\b/gi)].map(([text]) => text));
  const grounds = hex('background').map((text) => ({ text, opacity: channels(text)[3] }))
    .filter(({ opacity }) => opacity > 0).sort((a, b) => a.opacity - b.opacity);
  return { ground: grounds[0]?.text ?? '', word: hex('color')[0] ?? '' };
}

/**
 * Words and icons over white and over black pictures, the worse of both.
 * @param {string} tokens the content of tokens.css
 * @param {(file: string) => string} read a style sheet
 */
export function overPictures(tokens, read) {
  const { stage } = schemesOf(tokens);
  return OVER_PICTURES.flatMap(([name, file, selector, colourNames, least]) => {
    const { ground, word } = ruleOf(read(file), selector, stage);
    const words = colourNames.length === 0 ? [word] : colourNames;
    return words.map((each) => {
      const hex = each.startsWith('#') ? each : stage[each] ?? '';
      const ratios = ['#ffffff', '#000000'].map((picture) => (
        ratioOf(channels(hex), laid(channels(ground), channels(picture)))));
      const ratio = ground === '' || hex === '' ? 0 : Math.min(...ratios);
      return { name: `${name}: ${each} over a picture`, least, ratio };
    });
  });
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
  const isEqual = JSON.stringify(system) === JSON.stringify(schemes.light);
  return { rows, isEqual };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (/** @type {string} */ name) => (
    readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8'));
  const tokens = read('shared/tokens.css'), { rows, isEqual } = pairsOf(tokens);
  for (const { name, ratio, least } of [...rows, ...overPictures(tokens, read)]) {
    const isBad = !(ratio >= least);
    if (isBad || process.argv.includes('--list')) {
      console.log(`${name}: ${ratio.toFixed(2)}, at least ${least}`);
    }
    if (isBad) process.exitCode = 1;
  }
  if (!isEqual) {
    console.log('shared/tokens.css: the light scheme of the system differs from the chosen one');
    process.exitCode = 1;
  }
}
