// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  BS, CLW, CR, decoding, define, DLW, DSW, EXT1, FF, HCR, HDW, letters, P16, SPA, SPC, SPL,
  SWA, TGW,
} from './dtvcc.mjs';

suite('windows of CEA-708', () => {
  test('a hidden window is shown, hidden, toggled, cleared and deleted by its bit', () => {
    const one = decoding();
    one.give(define(0, { visible: false }), letters('Hello'));
    assert.equal(one.shown(), '');
    one.give(DSW, 0b10);
    assert.equal(one.shown(), '');
    one.give(DSW, 0b01);
    assert.equal(one.shown(), 'Hello');
    one.give(HDW, 0xFF);
    assert.equal(one.shown(), '');
    one.give(TGW, 0b01);
    assert.equal(one.shown(), 'Hello');
    one.give(CLW, 0b01, letters(', world'));
    assert.equal(one.shown(), ', world');
    one.give(DLW, 0b01);
    assert.equal(one.shown(), '');
    one.give(letters('nowhere'), DSW, 0xFF);
    assert.equal(one.shown(), '');
    assert.deepEqual(one.seen, ['SERVICE1']);
  });

  test('text is for the current window: that of DefineWindow, or of SetCurrentWindow', () => {
    const one = decoding();
    one.give(define(3, { vertical: 10 }), letters('three'), define(5, { vertical: 70 }),
      letters('five'), 0x83, letters('!'), 0x86, letters('lost'), 0x85, letters('?'));
    assert.equal(one.shown(), 'three!\nfive?');
  });

  test('windows are shown from the upper to the lower edge, wherever the anchor is', () => {
    const rows = { rows: 3 };
    for (const [upper, lower] of [
      [{ vertical: 10, anchor: 0 }, { vertical: 20, anchor: 0 }],
      // At the lower edge: 30 − 3 rows of 5 units are above 20.
      [{ vertical: 30, anchor: 7 }, { vertical: 20, anchor: 1 }],
      // In the middle: 26 − 1.5 rows of 5 units are above 20.
      [{ vertical: 26, anchor: 4 }, { vertical: 20, anchor: 2 }],
      // 40 of 100 are above 40 of 75.
      [{ vertical: 40, relative: true, anchor: 0 }, { vertical: 40, anchor: 0 }],
    ]) {
      for (const [first, second] of [[0, 1], [1, 0]]) {
        const one = decoding();
        one.give(define(first, { ...rows, ...upper }), letters('upper'),
          define(second, { ...rows, ...lower }), letters('lower'));
        assert.equal(one.shown(), 'upper\nlower', JSON.stringify([upper, lower]));
      }
    }
  });

  test('a carriage return begins the next row; after the last one the rows roll up', () => {
    for (const rows of [1, 2, 3]) {
      const one = decoding(), lines = ['one', 'two', 'three', 'four'];
      one.give(define(0, { rows }));
      lines.forEach((line, i) => one.give(i > 0 ? CR : [], letters(line)));
      assert.equal(one.shown(), lines.slice(-rows).join('\n'));
    }
  });

  test('a pen location is a row and a column; one outside is the nearest inside', () => {
    const one = decoding();
    one.give(define(0, { rows: 3, columns: 10 }), SPL, 2, 4, letters('low'), SPL, 0, 2,
      letters('up'), SPL, 0, 6, letters('x'), SPL, 15, 63, letters('z'));
    assert.equal(one.shown(), 'up  x\nlow  z');
  });

  test('codes of C0: BS, FF, HCR; the others do nothing', () => {
    const one = decoding();
    one.give(define(0), BS, letters('abc'), BS, letters('d'), 0x00, 0x03, 0x01);
    assert.equal(one.shown(), 'abd');
    one.give(CR, letters('gone'), HCR, letters('here'));
    assert.equal(one.shown(), 'abd\nhere');
    one.give(FF, letters('new'));
    assert.equal(one.shown(), 'new');
  });

  test('a full row keeps its last column; a window that wraps moves the word', () => {
    const words = letters('one two six');
    for (const [options, text] of [
      [{ columns: 9, style: 1 }, 'one two x'], [{ columns: 9, style: 4 }, 'one two\nsix'],
      [{ columns: 7, style: 4 }, 'one two\nsix'], [{ columns: 3, style: 5 }, 'two\nsix'],
      [{ columns: 2, style: 6 }, 'si\nx'], [{ columns: 32, style: 4 }, 'one two six'],
    ]) {
      const one = decoding();
      one.give(define(0, options), words);
      assert.equal(one.shown(), text, JSON.stringify(options));
    }
    const one = decoding();
    one.give(define(0, { columns: 5 }), SWA, 0, 0, 0x40, 0, words);
    assert.equal(one.shown(), 'two\nsix');
  });

  test('parameters of attributes and colours are no text; text not for display is none', () => {
    const one = decoding();
    one.give(define(0), SPA, 0x41, 0x42, SPC, 0x43, 0x44, 0x45, SWA, 0x46, 0x07, 0x08, 0x49,
      letters('a'), SPA, 0xF1, 0xC0, letters('secret'), SPA, 0x05, 0xC0, letters('b'));
    assert.equal(one.shown(), 'a      b');
  });

  test('a window that is defined again keeps what still fits, and its pen', () => {
    const one = decoding();
    one.give(define(0, { rows: 3, columns: 6 }), letters('first'), CR, letters('second'),
      define(0, { rows: 2, columns: 8 }), letters('!'));
    assert.equal(one.shown(), 'first\nsecond!');
    one.give(define(0, { rows: 1, columns: 3, visible: false }), DSW, 1);
    assert.equal(one.shown(), 'fir');
    one.give(letters('x'));
    assert.equal(one.shown(), 'fix');
  });
});

suite('characters of CEA-708', () => {
  test('G0 and G1 are ASCII with a note, and ISO 8859-1', () => {
    const one = decoding();
    one.give(define(0), letters('<b>&amp;~'), 0x7F, 0xE4, 0xA1, 0xFF);
    assert.equal(one.shown(), '<b>&amp;~♪ä¡ÿ');
  });

  test('G2 and G3 follow EXT1; those without a meaning are an underscore', () => {
    const one = decoding();
    const codes = [0x25, 0x2A, 0x2C, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x39, 0x3A, 0x3C, 0x3D,
      0x3F, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x7B, 0x7C, 0x7D, 0x7E, 0x7F, 0xA0, 0x26, 0xA1];
    one.give(define(0), codes.flatMap((code) => [EXT1, code]));
    assert.equal(one.shown(), '…ŠŒ█‘’“”•™šœ℠Ÿ⅛⅜⅝⅞│┐└─┘┌㏄__');
  });

  test('P16 is a character of UCS-2; surrogates and control codes are none', () => {
    const one = decoding();
    one.give(define(0), P16, 0xD5, 0x5C, P16, 0x00, 0x41, P16, 0xD8, 0x00, P16, 0, 7, P16, 0, 0x85);
    assert.equal(one.shown(), '한A___');
  });

  test('codes that are reserved are passed over with their parameters', () => {
    const one = decoding();
    one.give(define(0), letters('a'), 0x11, 0x41, 0x19, 0x42, 0x43, EXT1, 0x00, EXT1, 0x08, 0x44,
      EXT1, 0x10, 0x45, 0x46, EXT1, 0x18, 0x47, 0x48, 0x49, EXT1, 0x80, 0x41, 0x42, 0x43, 0x44);
    one.give(EXT1, 0x88, 0x41, 0x42, 0x43, 0x44, 0x45, EXT1, 0x90, 0x03, 0x41, 0x42, 0x43, 0x93,
      0x96, letters('b'));
    assert.equal(one.shown(), 'ab');
  });
});
