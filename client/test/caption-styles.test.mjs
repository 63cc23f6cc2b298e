// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CaptionDecoder } from '../engine/captions/caption-decoder.js';
import { Captions } from '../engine/captions/captions.js';
import { LaterCode } from '../engine/playback/later-code.js';
import * as players from '../engine/players/later-players.js';
import {
  block, CR, define, letters, packet, SPA, SPC, SPL, SWA,
} from './dtvcc.mjs';

function odd(byte) {
  const ones = byte.toString(2).replaceAll('0', '').length;
  return ones % 2 === 0 ? byte | 0x80 : byte;
}

const pairs = (...bytes) => Array.from({ length: Math.ceil(bytes.length / 2) }, (_, i) => (
  { type: 0, first: odd(bytes[2 * i]), second: odd(bytes[2 * i + 1] ?? 0) }));
const text = (words) => letters(words.length % 2 === 0 ? words : `${words}\0`);
const RCL = [0x14, 0x20], EOC = [0x14, 0x2F], EDM = [0x14, 0x2C];
const GREEN = '#00ff00ff', CYAN = '#00ffffff', BLACK = '#000000ff';

/** The blocks of CC1 after a pop-on caption. */
function shown608(...codes) {
  const decoder = new CaptionDecoder(() => {});
  for (const one of pairs(...RCL, ...codes.flat(), ...EOC)) decoder.take(one, 0);
  return decoder.blocksOf('CC1', 0);
}

/** The block of SERVICE1. */
function shown708(...codes) {
  const decoder = new CaptionDecoder(() => {}), bytes = codes.flat();
  for (let i = 0; i < bytes.length; i += 31) {
    const part = packet(i / 31, block(1, ...bytes.slice(i, i + 31)));
    for (const one of part) decoder.take(one, 0);
  }
  const [found] = decoder.blocksOf('SERVICE1', 0);
  return found;
}

suite('places and styles of CEA-608', () => {
  test('each row is at its row, and at the column of indent and tab offset', () => {
    // Row 2 with an indent of 8 and a tab of 3; row 15 without one.
    assert.deepEqual(shown608([0x11, 0x74], [0x17, 0x23], text('up'), [0x14, 0x60], text('down')), [
      { place: { row: 1, column: 11 }, lines: [[{ text: 'up', style: {} }]] },
      { place: { row: 14, column: 0 }, lines: [[{ text: 'down', style: {} }]] }]);
  });

  test('two texts in one row have a gap without a background', () => {
    const [{ lines }] = shown608([0x14, 0x60], text('ab'), [0x14, 0x78], text('cd'));
    assert.deepEqual(lines, [[{ text: 'ab', style: {} }, { text: ' '.repeat(14), style: null },
      { text: 'cd', style: {} }]]);
  });

  test('a preamble has a colour, italics or an underline; one with an indent is white', () => {
    for (const [second, style] of [
      [0x60, {}], [0x61, { isUnderlined: true }], [0x62, { color: GREEN }],
      [0x67, { color: CYAN, isUnderlined: true }], [0x6C, { color: '#ff00ffff' }],
      [0x6E, { isItalic: true }], [0x6F, { isItalic: true, isUnderlined: true }],
      [0x70, {}], [0x73, { isUnderlined: true }],
    ]) {
      const [{ lines: [[run]] }] = shown608([0x14, second], text('ab'));
      assert.deepEqual(run, { text: 'ab', style }, second.toString(16));
    }
  });

  test('mid-row codes take a column; italics keep the colour, a colour ends italics', () => {
    const [{ lines: [runs] }] = shown608([0x14, 0x66], text('ab'), [0x11, 0x2F], text('cd'),
      [0x11, 0x22], text('ef'), [0x11, 0x20], text('gh'));
    assert.deepEqual(runs, [
      { text: 'ab', style: { color: CYAN } }, { text: ' ', style: {} },
      { text: 'cd', style: { color: CYAN, isItalic: true, isUnderlined: true } },
      { text: ' ', style: {} }, { text: 'ef', style: { color: GREEN } },
      { text: ' gh', style: {} }]);
  });

  test('a code for the background replaces the space before it; the next row has none', () => {
    const [first, second] = shown608([0x14, 0x40], text('a '), [0x10, 0x22], text('bc'), text('d '),
      [0x10, 0x2D], text('ef'), text('g '), [0x17, 0x2D], text('hi'), text('j '), [0x17, 0x2E],
      text('kl'), [0x14, 0x60], text('row'));
    assert.deepEqual(first.lines[0], [
      { text: 'a', style: {} }, { text: ' bcd', style: { background: GREEN } },
      { text: ' efg', style: { background: '#ff00ff80' } },
      { text: ' hij ', style: { background: '#00000000' } },
      { text: 'kl', style: { color: BLACK, background: '#00000000' } }]);
    assert.deepEqual(second.lines[0], [{ text: 'row', style: {} }]);
  });

  test('a row of roll-up captions keeps its style when it moves up; the next one is white', () => {
    const decoder = new CaptionDecoder(() => {});
    const codes = [0x14, 0x25, 0x14, 0x66, ...text('old'), 0x14, 0x2D, ...text('new')];
    for (const one of pairs(...codes)) decoder.take(one, 0);
    assert.deepEqual(decoder.blocksOf('CC1', 0), [
      { place: { row: 13, column: 0 }, lines: [[{ text: 'old', style: { color: CYAN } }]] },
      { place: { row: 14, column: 0 }, lines: [[{ text: 'new', style: {} }]] }]);
    assert.deepEqual(decoder.blocksOf('CC1', 20000), []);
    for (const one of pairs(...EDM)) decoder.take(one, 0);
    assert.deepEqual(decoder.blocksOf('CC1', 0), []);
  });
});

suite('places and styles of CEA-708', () => {
  const plain = (words) => [{ text: words, style: {} }];

  test('a window has its anchor in parts of the safe area, and all of its rows', () => {
    const absolute = shown708(define(0, { rows: 3, columns: 20, vertical: 15, anchor: 4 }), CR,
      letters('text'));
    assert.deepEqual(absolute, {
      place: { x: 10 / 160, wideX: 10 / 210, y: 15 / 75, anchor: 4 }, columns: 20, align: 'left',
      lines: [[], plain('text'), []] });
    const relative = shown708(define(0, { vertical: 90, relative: true, anchor: 7 }), letters('a'));
    assert.deepEqual(relative.place, { x: 0.1, wideX: 0.1, y: 0.9, anchor: 7 });
  });

  test('a column of the pen is kept, its blank columns without a background', () => {
    const { lines: [row] } = shown708(define(0), SPL, 0, 4, letters('right'));
    assert.deepEqual(row, [{ text: '    ', style: null }, ...plain('right')]);
  });

  test('pens have size, offset, font, italics, underline, edge and colours', () => {
    for (const [codes, style] of [
      [[SPA, 0x06, 0xC2], { size: 1.25, font: 2, isItalic: true, isUnderlined: true }],
      [[SPA, 0x00, 0x00], { size: 0.75, offset: 'sub' }],
      [[SPA, 0x09, 0x20], { offset: 'super', edge: BLACK }],
      [[SPC, 0b00110000, 0b10000011, 0], { color: '#ff0000ff', background: '#0000ff80' }],
      [[SPC, 0b11111111, 0b11000000, 0b001100, SPA, 0x05, 0x18],
        { color: '#ffffff00', background: '#00000000', edge: GREEN }],
    ]) {
      const { lines: [[run]] } = shown708(define(0), codes, letters('a'));
      assert.deepEqual(run, { text: 'a', style }, JSON.stringify(codes));
    }
  });

  test('predefined styles of windows and pens; a window that is set has a colour', () => {
    for (const style of [1, 2, 4, 5, 7]) {
      assert.equal(shown708(define(0, { style }), letters('a')).align, 'left');
    }
    for (const style of [3, 6]) {
      assert.equal(shown708(define(0, { style }), letters('a')).align, 'center');
    }
    const edged = define(0);
    edged[edged.length - 1] = 1 << 3 | 6;
    assert.deepEqual(shown708(edged, letters('a')).lines[0][0].style,
      { font: 3, background: '#00000000', edge: BLACK });
    ['left', 'right', 'center', 'justify'].forEach((align, number) => {
      const { fill, ...found } = shown708(define(0), SWA, 0b10100000, 0, number, 0, letters('a'));
      assert.deepEqual([found.align, fill], [align, '#aa000080']);
    });
  });
});

suite('the display of places and styles', () => {
  test('a change of a place or a style alone is shown, each once', (t) => {
    const shown = [], captions = new Captions(
      (words, blocks) => shown.push([words, blocks.map(({ place }) => place.row)]),
      new LaterCode(async () => players, players));
    t.after(() => captions.close());
    captions.setDeclared([{ 'INSTREAM-ID': 'CC1', NAME: 'CC1', DEFAULT: 'YES' }]);
    captions.video.add(1000, pairs(...RCL, 0x14, 0x60, ...text('a'), ...EOC));
    captions.video.add(2000, pairs(...RCL, 0x14, 0x2E, 0x11, 0x60, ...text('a'), ...EOC));
    captions.video.add(3000, pairs(...RCL, 0x14, 0x2E, 0x11, 0x62, ...text('a'), ...EOC));
    for (const time of [1000, 1001, 1500, 2000, 2500, 3000, 3500]) captions.update(time, 0, 50);
    assert.deepEqual(shown, [['a', [14]], ['a', [1]], ['a', [1]]]);
  });
});
