// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { overPictures, pairsOf, ratioOf } from '../contrast.mjs';
import { iconsOf, usedStyle } from '../used.mjs';

suite('the parts of shared files in a page', () => {
  test('rules of classes that the page never names are left out', () => {
    const css = '.a{top:0}.b,.a .c,.a:hover{top:1px}@media (width>1px){.b{top:0}}'
      + '@media (width>2px){.b{top:0}p:is(.a,.b){top:2px}}h1{top:3px}';
    assert.equal(usedStyle(css, '<p class="a">'),
      '.a{top:0}.a:hover{top:1px}h1{top:3px}');
    assert.equal(usedStyle(css, 'a b c'), css);
  });

  test('keyframes and custom properties stay while a rule uses them', () => {
    const css = ':root{--a:1px;--b:var(--c);--c:2px}@keyframes turn{to{rotate:1turn}}'
      + '@keyframes fade{to{opacity:0}}.x{top:var(--b);animation:turn 1s}';
    assert.equal(usedStyle(css, 'x'), ':root{--b:var(--c);--c:2px}@keyframes turn{to{rotate:1turn}}'
      + '.x{top:var(--b);animation:turn 1s}');
    assert.equal(usedStyle(css, 'y'), '');
  });

  test('icons of the markup and of the script, each once', () => {
    const icons = '<symbol id="i-a">\n  <path d="M0 0"/>\n</symbol>\n<symbol id="i-b"></symbol>';
    assert.equal(iconsOf(icons, '<use href="#i-a"/>', ['a', 'b', '']),
      '<symbol id="i-a"><path d="M0 0"/></symbol><symbol id="i-b"></symbol>');
    assert.throws(() => iconsOf(icons, '', ['z']), /no icon z/);
  });
});

suite('the contrast of colours', () => {
  test('ratios of WCAG', () => {
    assert.equal(ratioOf([0, 0, 0], [1, 1, 1]), 21);
    assert.equal(ratioOf([1, 0, 0], [1, 0, 0]), 1);
    assert.equal(ratioOf([0x77 / 255, 0x77 / 255, 0x77 / 255], [1, 1, 1]).toFixed(2), '4.48');
  });

  test('words over a picture: the least opaque colour of their ground', () => {
    const tokens = ':root { --text: #ffffff; --quiet: #777777; }';
    /** The rows of the title for a ground. */
    const rows = (ground) => overPictures(tokens, () => `.title {\n  top: 0; ${ground}\n}`)
      .filter(({ name }) => name.startsWith('title')).map(({ ratio }) => ratio.toFixed(1));
    assert.deepEqual(rows('background: #000000;'), ['21.0']);
    assert.deepEqual(rows('background: #0000;'), ['0.0']);
    assert.deepEqual(rows('background: linear-gradient(#000c, #0008 9px, #0000);'), ['4.5']);
    assert.deepEqual(rows(''), ['0.0']);
  });

  test('a missing colour and a different light scheme are findings', () => {
    const { rows, isEqual } = pairsOf(':root {\n --text: #ffffff; --ground: #000000; }\n'
      + ':root[data-theme="light"] { --text: #000000; --ground: #777777; }');
    const found = Object.fromEntries(rows.map(({ name, ratio }) => [name, ratio.toFixed(1)]));
    assert.equal(found['dark: text on ground'], '21.0');
    assert.equal(found['light: text on ground'], '4.7');
    assert.equal(found['dark: text on surface'], '0.0');
    assert.equal(isEqual, false);
  });
});
