// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CaptionDecoder } from '../engine/captions/caption-decoder.js';
import { CEA708Decoder } from '../engine/captions/cea708.js';
import {
  block, CR, decoding, define, DLC, DLY, EXT1, letters, packet, RST, SPC, SPL,
} from './dtvcc.mjs';

suite('packets of CEA-708', () => {
  test('a packet may come in several frames, and is read when it is complete', () => {
    const one = decoding(), whole = packet(0, block(1, ...define(0), ...letters('text')));
    whole.slice(0, -1).forEach((triplet) => one.decoder.take(triplet, 0));
    assert.equal(one.shown(), '');
    one.decoder.take(whole.at(-1), 0);
    assert.equal(one.shown(), 'text');
    // Bytes outside of a packet are padding.
    one.decoder.take({ type: 2, first: 0x21, second: 0x41 }, 0);
    assert.equal(one.shown(), 'text');
  });

  test('a packet has blocks of several services; extended numbers have a byte of their own', () => {
    const one = decoding();
    const blocks = [1, 6, 7, 63].flatMap((service) => (
      block(service, ...define(0), ...letters(`of ${service}`))));
    one.take(packet(0, blocks));
    const names = ['SERVICE1', 'SERVICE6', 'SERVICE7', 'SERVICE63'];
    assert.deepEqual(names.map((name) => one.shown(name)), ['of 1', 'of 6', 'of 7', 'of 63']);
    assert.deepEqual(one.seen, names);
    for (const name of ['SERVICE2', 'SERVICE64', 'SERVICE', 'x']) assert.equal(one.shown(name), '');
  });

  test('the largest packet has 128 bytes', () => {
    const one = decoding();
    const blocks = [block(1, ...define(0), ...letters('a'.repeat(24))),
      ...['b', 'c'].map((letter) => block(1, CR, ...letters(letter.repeat(30)))),
      block(1, CR, ...letters('d'.repeat(29)))];
    assert.equal(blocks.flat().length, 127);
    one.take(packet(0, ...blocks));
    assert.equal(one.decoder.size, 0);
    assert.equal(one.shown(), `${'c'.repeat(30)}\n${'d'.repeat(29)}`);
  });

  test('a null block ends a packet; a block that exceeds it and wrong numbers are left out', () => {
    const one = decoding();
    one.take(packet(0, block(1, ...define(0), ...letters('a')), [0], block(1, ...letters('b'))));
    assert.equal(one.shown(), 'a');
    one.take(packet(1, block(1, ...letters('c')), [1 << 5 | 31, 0x44]));
    assert.equal(one.shown(), 'ac');
    one.take(packet(2, [7 << 5 | 1, 1, 0x45], block(1, ...letters('d'))));
    assert.equal(one.shown(), 'acd');
    one.take(packet(3, [7 << 5 | 2]));
    one.take(packet(0, [1 << 5], block(1, ...letters('e'))));
    assert.equal(one.shown(), 'acd');
  });

  test('after a lost packet windows are deleted; a sender that does not count loses none', () => {
    for (const [sequences, text] of [[[0, 1, 2], 'abc'], [[3, 0, 1], 'abc'], [[0, 0, 0], 'abc'],
      [[0, 1, 3], ''], [[0, 3, 0], ''], [[1, 0, 1], '']]) {
      const one = decoding();
      one.take(packet(sequences[0], block(1, ...define(0), ...letters('a'))));
      one.take(packet(sequences[1], block(1, ...letters('b'))));
      one.take(packet(sequences[2], block(1, ...letters('c'))));
      assert.equal(one.shown(), text, `${sequences}`);
    }
  });

  test('a packet that is not complete is lost, with the command that it has begun', () => {
    const one = decoding();
    one.take(packet(0, block(1, ...define(0), ...letters('a'), SPL)));
    one.take(packet(1, block(1, 0, 0, ...letters('bcd'))).slice(0, -1));
    one.take(packet(2, block(1, ...define(0), ...letters('new'))));
    assert.equal(one.shown(), 'new');
  });

  test('a command may be continued in the next block', () => {
    const one = decoding(), bytes = [...define(0), ...letters('a'), SPL, 1, 2, EXT1, 0x25];
    bytes.forEach((byte, i) => one.take(packet(i, block(1, byte))));
    assert.equal(one.shown(), 'a\n…');
  });
});

suite('delays of CEA-708', () => {
  const start = 5000;
  function delayed(tenths = 12) {
    const one = decoding();
    one.giveAt(start, define(0), letters('a'), DLY, tenths, letters('b'));
    assert.equal(one.shown('SERVICE1', start), tenths ? 'a' : 'ab');
    return one;
  }

  test('bytes wait for tenths of a second, also while nothing arrives', () => {
    const one = delayed();
    assert.equal(one.shown('SERVICE1', start + 1199), 'a');
    assert.equal(one.shown('SERVICE1', start + 1200), 'ab');
    const other = delayed();
    other.giveAt(start + 1000, letters('c'));
    assert.equal(other.shown('SERVICE1', start + 1000), 'a');
    other.giveAt(start + 1300, letters('d'));
    assert.equal(other.shown('SERVICE1', start + 1300), 'abcd');
    delayed(0);
  });

  test('a second delay begins at the end of the first one', () => {
    const one = delayed();
    one.giveAt(start, DLY, 10, letters('c'));
    assert.deepEqual([1200, 2199, 2200].map((time) => one.shown('SERVICE1', start + time)),
      ['ab', 'ab', 'abc']);
  });

  test('DelayCancel ends a delay, and all delays before it', () => {
    const one = delayed();
    one.giveAt(start + 10, letters('c'), DLY, 90, letters('d'), DLC, letters('e'));
    assert.equal(one.shown('SERVICE1', start + 10), 'abcde');
    // A parameter is no command.
    const other = delayed();
    other.giveAt(start + 10, SPC, DLC, RST, DLC, letters('c'));
    assert.equal(other.shown('SERVICE1', start + 10), 'a');
  });

  test('Reset deletes the windows at once', () => {
    const one = delayed();
    one.giveAt(start + 10, letters('c'), RST, letters('d'));
    assert.equal(one.shown('SERVICE1', start + 9000), '');
    one.giveAt(start + 20, define(1), letters('new'));
    assert.equal(one.shown('SERVICE1', start + 20), 'new');
  });

  test('128 waiting bytes end a delay', () => {
    const one = delayed(255);
    for (let i = 0; i < 4; i += 1) one.giveAt(start, CR, letters('x'.repeat(30)));
    assert.equal(one.shown('SERVICE1', start), 'a');
    one.giveAt(start, CR, letters('last'));
    assert.equal(one.shown('SERVICE1', start), `${'x'.repeat(30)}\nlast`);
  });
});

/** Checks the bounds of a decoder's memory; returns the number of windows. */
function checked({ services, packet: bytes }, time) {
  assert.ok(services.size <= 63 && bytes.length <= 128);
  let count = 0;
  for (const service of services.values()) {
    service.advance(time);
    assert.equal(typeof service.text, 'string');
    assert.equal(service.windows.length, 8);
    assert.ok(service.input.length < 160, `${service.input.length} bytes`);
    for (const window of service.windows) {
      if (!window) continue;
      count += 1;
      assert.ok(window.rows.length <= 16 && window.row < window.rows.length);
      assert.ok(window.columns <= 64 && window.column <= window.columns);
      for (const row of window.rows) {
        assert.equal(row.length, window.columns);
        assert.ok(row.every((cell) => cell === null || cell.character.length === 1));
      }
    }
  }
  return count;
}

suite('the decoder of both standards', () => {
  const pair = (first, second) => ({ type: 0, first, second });
  const painted = [pair(0x94, 0x29), pair(0x94, 0xE0), pair(0xC1, 0x80)];

  test('each has its texts and its silence of 16 s', () => {
    const seen = [], decoder = new CaptionDecoder((name) => seen.push(name));
    painted.forEach((one) => decoder.take(one, 1000));
    packet(0, block(2, ...define(0), ...letters('B'))).forEach((one) => decoder.take(one, 9000));
    const texts = (time) => ['CC1', 'CC2', 'SERVICE1', 'SERVICE2'].map(
      (name) => decoder.textOf(name, time));
    assert.deepEqual(texts(9000), ['A', '', '', 'B']);
    assert.deepEqual(texts(17001), ['', '', '', 'B']);
    assert.deepEqual(texts(25001), ['', '', '', '']);
    assert.deepEqual(seen, ['CC1', 'SERVICE2']);
    // Padding is no caption.
    decoder.take({ type: 2, first: 0, second: 0 }, 25001);
    assert.equal(decoder.textOf('SERVICE2', 25001), '');
  });

  test('random bytes give no error, and leave eight windows of 16 rows of 64 characters', () => {
    let seed = 7;
    const byte = () => {
      seed = seed * 1103515245 + 12345 & 0x7FFFFFFF;
      return seed >> 16 & 0xFF;
    };
    const decoder = new CEA708Decoder();
    let sequence = 0, windows = 0;
    for (let i = 0; i < 40000; i += 1) {
      const noise = Array.from({ length: 1 + byte() % 29 }, (_, place) => {
        const value = byte();
        // Half of the bytes are commands.
        return place % 2 ? value : 0x80 | value & 0x1F;
      });
      const triplets = i % 10 === 9
        ? noise.map((first) => ({ type: 2 + first % 2, first, second: byte() }))
        : packet(sequence, block(1 + byte() % 63, ...noise), i % 3 ? [] : [byte(), byte()]);
      sequence += 1;
      for (const triplet of triplets) decoder.take(triplet, 33 * i);
      if (i % 100 === 0) windows += checked(decoder, 33 * i + 5);
    }
    assert.ok(windows > 300, `${windows} windows`);
  });
});
