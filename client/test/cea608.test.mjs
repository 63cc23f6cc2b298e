// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { captionTriplets } from '../engine/captions/caption-data.js';
import { CEA608Decoder } from '../engine/captions/cea608.js';

/** A byte with its parity bit. */
function odd(byte) {
  const ones = byte.toString(2).replaceAll('0', '').length;
  return ones % 2 === 0 ? byte | 0x80 : byte;
}

/** Gives bytes without parity, two for a pair, to a field of a decoder. */
function give(decoder, field, ...bytes) {
  for (let i = 0; i < bytes.length; i += 2) {
    decoder.take({ type: field - 1, first: odd(bytes[i]), second: odd(bytes[i + 1] ?? 0) });
  }
}

const letters = (text) => [...text].map((letter) => letter.charCodeAt(0));
/** A text as pairs: a null fills the last one. */
const text = (words) => letters(words.length % 2 === 0 ? words : `${words}\0`);
const RCL = [0x14, 0x20, 0x14, 0x20], EOC = [0x14, 0x2F, 0x14, 0x2F];
const EDM = [0x14, 0x2C, 0x14, 0x2C], CR = [0x14, 0x2D, 0x14, 0x2D];
const ROW_15 = [0x14, 0x60, 0x14, 0x60], ROW_14 = [0x14, 0x40, 0x14, 0x40];

function decoding() {
  const seen = [], decoder = new CEA608Decoder((name) => seen.push(name));
  return { decoder, seen, shown: (name = 'CC1') => decoder.textOf(name) };
}

suite('captions of CEA-608', () => {
  test('pop-on: a text is shown with EOC, and removed with EDM; codes come once or twice', () => {
    for (const isDoubled of [true, false]) {
      const { decoder, seen, shown } = decoding();
      const codes = (bytes) => (isDoubled ? bytes : bytes.slice(0, 2));
      give(decoder, 1, ...codes(RCL), ...codes(ROW_14), ...text('Hello,'), ...codes(ROW_15),
        ...text('world'));
      assert.equal(shown(), '');
      give(decoder, 1, ...codes(EOC));
      assert.equal(shown(), 'Hello,\nworld');
      give(decoder, 1, ...codes(RCL), 0x14, 0x2E, ...codes(ROW_15), ...text('second'));
      assert.equal(shown(), 'Hello,\nworld');
      give(decoder, 1, ...codes(EOC));
      assert.equal(shown(), 'second');
      give(decoder, 1, ...codes(EDM));
      assert.equal(shown(), '');
      assert.deepEqual(seen, ['CC1']);
    }
  });

  test('a code that is sent four times counts twice', () => {
    const { decoder, shown } = decoding(), backspace = [0x14, 0x21];
    give(decoder, 1, ...RCL, ...ROW_15, ...text('abcd'), ...backspace, ...backspace, ...backspace,
      ...backspace, ...EOC);
    assert.equal(shown(), 'ab');
  });

  test('roll-up: a line moves up with CR, and out after 2, 3 or 4 rows', () => {
    for (const depth of [2, 3, 4]) {
      const { decoder, shown } = decoding(), rollUp = [0x14, 0x23 + depth];
      const lines = ['one', 'two', 'three', 'four', 'five', 'six'];
      for (const line of lines) give(decoder, 1, ...rollUp, ...rollUp, ...CR, ...text(line));
      assert.equal(shown(), lines.slice(-depth).join('\n'));
      give(decoder, 1, 0x13, 0x40);  // row 12: the rows stay together
      assert.equal(shown(), lines.slice(-depth).join('\n'));
      give(decoder, 1, 0x11, 0x40, ...CR, ...text('top'));  // row 1 is too high for them
      assert.equal(shown(), [...lines.slice(1 - depth), 'top'].join('\n'));
    }
  });

  test('roll-up after pop-on begins with an empty display', () => {
    const { decoder, shown } = decoding();
    give(decoder, 1, ...RCL, ...ROW_15, ...text('old'), ...EOC, 0x14, 0x25, ...CR, ...text('new'));
    assert.equal(shown(), 'new');
  });

  test('paint-on: characters are shown at once; BS and DER remove some', () => {
    const { decoder, shown } = decoding();
    give(decoder, 1, 0x14, 0x29, ...ROW_15, ...text('abcdef'));
    assert.equal(shown(), 'abcdef');
    give(decoder, 1, 0x14, 0x21);
    assert.equal(shown(), 'abcde');
    give(decoder, 1, 0x14, 0x70, 0x17, 0x22, 0x14, 0x24);  // column 3, and delete to its end
    assert.equal(shown(), 'ab');
  });

  test('a preamble and tab offsets choose row and column', () => {
    const { decoder, shown } = decoding();
    const rows = [[0x11, 0x52], [0x11, 0x72], [0x12, 0x52], [0x12, 0x72], [0x15, 0x52],
      [0x15, 0x72], [0x16, 0x52], [0x16, 0x72], [0x17, 0x52], [0x17, 0x72], [0x10, 0x52],
      [0x13, 0x52], [0x13, 0x72], [0x14, 0x52], [0x14, 0x72]];
    give(decoder, 1, ...RCL);
    rows.forEach((row, i) => give(decoder, 1, ...row, ...text(String.fromCharCode(65 + i))));
    give(decoder, 1, 0x14, 0x72, 0x17, 0x23, ...text('x'), ...EOC);
    assert.equal(shown(), 'A\nB\nC\nD\nE\nF\nG\nH\nI\nJ\nK\nL\nM\nN\nO  x');
  });

  test('a row has 32 columns: the last one is replaced', () => {
    const { decoder, shown } = decoding();
    give(decoder, 1, ...RCL, ...ROW_15, ...text('x'.repeat(40)), ...text('yz'), ...EOC);
    assert.equal(shown(), `${'x'.repeat(31)}z`);
  });

  test('special characters, and extended ones that replace the one before', () => {
    const { decoder, shown } = decoding();
    give(decoder, 1, ...RCL, ...ROW_15, 0x5C, 0x7F, 0x11, 0x37, 0x11, 0x37, 0x11, 0x20,
      ...text('U '), 0x14, 0x21, 0x12, 0x24, ...text('A'), 0x13, 0x30, ...text('s'), 0x13, 0x34,
      ...EOC);
    assert.equal(shown(), 'é█♪ ÜÄß');
  });

  test('channels are those of the field and of the channel bit', () => {
    const { decoder, seen, shown } = decoding();
    const load = (field, bit, words) => give(decoder, field, 0x14 | bit, 0x20, 0x14 | bit, 0x60,
      ...text(words), 0x14 | bit, 0x2F);
    load(2, 0, 'three');
    load(1, 8, 'two');
    load(1, 0, 'one');
    give(decoder, 2, 0x1D, 0x20, 0x1C, 0x60, ...text('four'), 0x1D, 0x2F);
    assert.deepEqual(['CC1', 'CC2', 'CC3', 'CC4'].map(shown), ['one', 'two', 'three', 'four']);
    assert.deepEqual(seen, ['CC3', 'CC2', 'CC1', 'CC4']);
  });

  test('the text service and extended data services are not captions', () => {
    const { decoder, seen, shown } = decoding();
    give(decoder, 1, 0x14, 0x2A, ...text('text'), ...ROW_15, ...text('more'), ...CR);
    assert.deepEqual(seen, []);
    give(decoder, 1, ...RCL, ...ROW_15, ...text('cap'), 0x14, 0x2B, ...text('text'), ...EOC);
    assert.equal(shown(), 'cap');
    give(decoder, 2, 0x15, 0x29, ...ROW_15, ...text('ab'), 0x01, 0x03, ...text('Title'), 0x0F, 0x1D,
      ...ROW_15, ...text('cd'));
    assert.equal(shown('CC3'), 'cd');
  });

  test('a code with wrong parity is ignored, a character becomes a block', () => {
    const { decoder, shown } = decoding();
    give(decoder, 1, ...RCL, ...ROW_15, ...text('ab'));
    decoder.take({ type: 0, first: odd(0x14) ^ 0x80, second: odd(0x2F) });
    decoder.take({ type: 0, first: odd(0x14), second: odd(0x2F) ^ 0x80 });
    decoder.take({ type: 0, first: odd(0x63), second: odd(0x64) ^ 0x80 });
    assert.equal(shown(), '');
    give(decoder, 1, ...EOC);
    assert.equal(shown(), 'abc█');
  });

  test('before a command there is no text: a viewer may join within a caption', () => {
    const { decoder, seen, shown } = decoding();
    give(decoder, 1, ...text('tail'), ...ROW_15, ...text('more'), ...EOC);
    assert.equal(shown(), '');
    assert.deepEqual(seen, ['CC1']);
  });

  test('a million random pairs leave at most 15 rows of 32 characters', () => {
    let seed = 1;
    const byte = () => {
      seed = seed * 1103515245 + 12345 & 0x7FFFFFFF;
      return seed >> 16 & 0xFF;
    };
    const { decoder } = decoding();
    for (let i = 0; i < 1e6; i += 1) {
      const isCode = i % 3 === 0;
      const [first, second] = isCode ? [odd(0x10 | byte() & 15), odd(byte() & 0x7F)]
        : [byte(), byte()];
      decoder.take({ type: i % 2, first, second });
      if (i % 1000 === 0) decoder.textOf('CC1');
    }
    for (const { channels } of decoder.fields) {
      for (const { shown, hidden, row, column } of channels) {
        for (const memory of [shown, hidden]) {
          assert.equal(memory.length, 15);
          for (const line of memory) {
            assert.equal(line.length, 32);
            assert.ok(line.every((cell) => cell === null || cell.character.length === 1));
          }
        }
        assert.ok(row >= 0 && row < 15 && column >= 0 && column <= 32);
      }
    }
  });
});

/** A NAL unit with a length field. */
function unit(bytes, lengthSize = 4) {
  const size = Array.from({ length: lengthSize }, (_, i) => (
    bytes.length >> 8 * (lengthSize - 1 - i) & 0xFF));
  return [...size, ...bytes];
}

function message(triplets, count = triplets.length / 3) {
  const payload = [0xB5, 0, 0x31, ...letters('GA94'), 3, 0xC0 | count, 0xFF, ...triplets, 0xFF];
  return [4, payload.length, ...payload];
}

const AVC = { codec: 'avc', lengthSize: 4 }, HEVC = { codec: 'hevc', lengthSize: 4 };
const SLICE = unit([0x65, 1, 2, 3]);
const PAIR = { type: 0, first: 0x94, second: 0x20 };
const found = (bytes, format = AVC) => captionTriplets(Uint8Array.from(bytes), format);

suite('caption data of access units', () => {
  test('all triplets are read before the first slice; padding is left out', () => {
    const sei = unit([6, ...message([0xFC, 0x94, 0x20, 0xFD, 0xC1, 0xC2, 0xFC, 0x80, 0x80, 0xFD, 0,
      0, 0xFE, 0, 0, 0xFF, 3, 4, 0xF8, 0x94, 0x2C, 0xFA, 5, 6]), 0x80]);
    const expected = [PAIR, { type: 1, first: 0xC1, second: 0xC2 },
      { type: 2, first: 0, second: 0 }, { type: 3, first: 3, second: 4 }];
    assert.deepEqual(found([...unit([9, 0x10]), ...sei, ...SLICE]), expected);
    assert.deepEqual(found([...SLICE, ...sei]), []);
  });

  test('messages before it are passed over, whose type and size may have several bytes', () => {
    const long = [0xFF, 7, 0xFF, 0xFF, 2, ...Array(512).fill(9)];
    const other = [4, 3, 0xB5, 0, 0x3C];
    const sei = unit([6, ...long, ...other, ...message([0xFC, 0x94, 0x20]), 0x80]);
    assert.deepEqual(found([...sei, ...SLICE]), [PAIR]);
  });

  test('emulation prevention bytes are removed', () => {
    const before = [5, 4, 0, 0, 3, 1, 0xAA];  // four bytes of content
    const sei = unit([6, ...before, ...message([0xFC, 0x94, 0x20]), 0x80]);
    assert.deepEqual(found([...sei, ...SLICE]), [PAIR]);
  });

  test('length fields have one to four bytes; HEVC has a prefix SEI of another type', () => {
    for (const lengthSize of [1, 2, 3, 4]) {
      const sei = unit([6, ...message([0xFC, 0x94, 0x20]), 0x80], lengthSize);
      assert.deepEqual(found([...sei, ...SLICE], { codec: 'avc', lengthSize }), [PAIR]);
    }
    const sei = unit([39 << 1, 1, ...message([0xFC, 0x94, 0x20]), 0x80]);
    const slice = unit([19 << 1, 1, 2]);
    assert.deepEqual(found([...unit([35 << 1, 1, 0x50]), ...sei, ...slice], HEVC), [PAIR]);
    assert.deepEqual(found([...slice, ...sei], HEVC), []);
  });

  test('captions that are not to be processed, and a count that is too large', () => {
    const sei = message([0xFC, 0x94, 0x20]);
    sei[10] &= 0xBF;
    assert.deepEqual(found([...unit([6, ...sei, 0x80]), ...SLICE]), []);
    const many = unit([6, ...message([0xFC, 0x94, 0x20], 31), 0x80]);
    assert.deepEqual(found([...many, ...SLICE]), [PAIR]);
  });

  test('truncated and random bytes give no error, and no pair that is not there', () => {
    const whole = [...unit([9, 0x10]), ...unit([6, ...message([0xFC, 0x94, 0x20]), 0x80]),
      ...SLICE];
    for (let size = 0; size < whole.length; size += 1) {
      for (const format of [AVC, HEVC]) {
        assert.ok(found(whole.slice(0, size), format).length <= 1, `${size}`);
      }
    }
    for (let i = 0; i < 20000; i += 1) {
      const bytes = Uint8Array.from({ length: i % 80 }, () => Math.random() * 256);
      for (const lengthSize of [1, 2, 4]) {
        captionTriplets(bytes, { codec: i % 2 ? 'avc' : 'hevc', lengthSize });
      }
      const changed = Uint8Array.from(whole);
      changed[i % whole.length] = Math.random() * 256;
      assert.ok(captionTriplets(changed, AVC).length <= 31);
    }
  });
});
