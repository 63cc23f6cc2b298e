import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { content } from '../page/boxes.js';
import { ChunkCutter } from '../page/chunks.js';
import { initOf, soundInitOf } from '../page/header.js';

/** @param {string} type @param {...(number[] | Uint8Array)} parts */
function box(type, ...parts) {
  const body = parts.flatMap((part) => [...part]), size = body.length + 8;
  return [size >>> 24, size >>> 16 & 255, size >>> 8 & 255, size & 255, ...Buffer.from(type), ...body];
}
/** @param {number} value @param {number} size */
const bytes = (value, size) => Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * (size - 1 - i))) % 256);
/** @param {number} time */
const moof = (time) => box('moof', box('mfhd', bytes(0, 8)), box('traf', box('tfhd', bytes(1, 8)), box('tfdt', bytes(1, 1), bytes(0, 3), bytes(time, 8))));
const styp = box('styp', bytes(0, 8)), prft = box('prft', bytes(0, 24));
const epoch = 1795163000 * 90000;

suite('chunks: [styp] [prft] moof mdat', () => {
  const stream = new Uint8Array([
    ...styp, ...prft, ...moof(epoch), ...box('mdat', bytes(7, 100)), ...prft, ...moof(epoch + 3000), ...box('mdat', bytes(8, 5)),
  ]);
  const expected = [
    [...moof(epoch), ...box('mdat', bytes(7, 100))], [...moof(epoch + 3000), ...box('mdat', bytes(8, 5))],
  ];

  test('any split of the stream gives the same chunks, moof and mdat only', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const cutter = new ChunkCutter();
      const chunks = [...cutter.push(stream.slice(0, at)), ...cutter.push(stream.slice(at))];
      assert.deepEqual(chunks.map((chunk) => [...chunk.bytes]), expected, `cut at ${at}`);
      assert.deepEqual(chunks.map((chunk) => chunk.time), [epoch, epoch + 3000]);
      assert.equal(cutter.whole, true);
    }
  });

  test('byte by byte, a chunk comes with its last byte and not earlier', () => {
    const cutter = new ChunkCutter();
    const first = styp.length + prft.length + expected[0].length;
    const at = [...stream].map((byte, i) => (cutter.push(new Uint8Array([byte])).length > 0 ? i + 1 : 0)).filter(Boolean);
    assert.deepEqual(at, [first, stream.length]);
  });

  test('a bare styp is a whole segment without chunks', () => {
    const cutter = new ChunkCutter();
    assert.equal(cutter.push(new Uint8Array(styp)).length, 0);
    assert.equal(cutter.whole, true);
  });

  test('an mdat without its moof is passed over', () => {
    const chunks = new ChunkCutter().push(new Uint8Array([...box('mdat', bytes(1, 9)), ...moof(9), ...box('mdat', bytes(2, 3))]));
    assert.deepEqual(chunks.map(({ time }) => time), [9]);
  });

  test('an end in mid-box or between moof and mdat is not whole', () => {
    for (const cut of [3, styp.length + 5, styp.length + prft.length + moof(0).length]) {
      const cutter = new ChunkCutter();
      cutter.push(stream.slice(0, cut));
      assert.equal(cutter.whole, false, `cut at ${cut}`);
    }
  });

  test('a box size that cannot be is an error, not a wait for ever', () => {
    for (const size of [0, 4, 7, 2 ** 31]) {
      assert.throws(() => new ChunkCutter().push(new Uint8Array([...bytes(size, 4), ...Buffer.from('mdat')])), /box/, `${size}`);
    }
  });

  test('64-bit sizes and 32-bit decode times are read (ISO/IEC 14496-12 §4.2, §8.8.12)', () => {
    const small = box('moof', box('traf', box('tfdt', bytes(0, 4), bytes(9000, 4))));
    const large = [...bytes(1, 4), ...Buffer.from('mdat'), ...bytes(16 + 3, 8), 1, 2, 3];
    const [chunk] = new ChunkCutter().push(new Uint8Array([...small, ...large]));
    assert.equal(chunk.time, 9000);
    assert.deepEqual([...chunk.bytes], [...small, ...large]);
  });
});

suite('init segment', () => {
  const avcC = box('avcC', [1, 0x64, 0x00, 0x1f, 0xff]);
  const entry = (/** @type {string} */ type) => box(type, bytes(0, 78), avcC);
  const init = (/** @type {number[]} */ sample, /** @type {number[]} */ mdhd) => new Uint8Array([...box('ftyp', bytes(0, 8)),
    ...box('moov', box('mvhd', bytes(0, 100)), box('trak', box('tkhd', bytes(0, 84)), box('mdia', mdhd,
      box('minf', box('stbl', box('stsd', bytes(0, 4), bytes(1, 4), sample))))))]);
  const mdhd0 = box('mdhd', bytes(0, 12), bytes(90000, 4), bytes(0, 8));
  const mdhd1 = box('mdhd', bytes(1, 1), bytes(0, 19), bytes(30000, 4), bytes(0, 12));

  test('codec string from avcC, timescale from mdhd in both versions', () => {
    assert.deepEqual({ ...initOf(init(entry('avc1'), mdhd0)) }, { type: 'video/mp4; codecs="avc1.64001f"', timescale: 90000 });
    assert.deepEqual({ ...initOf(init(entry('avc3'), mdhd1)) }, { type: 'video/mp4; codecs="avc1.64001f"', timescale: 30000 });
  });

  test('another codec is not guessed at', () => {
    assert.equal(initOf(init(box('hvc1', bytes(0, 78)), mdhd0)), null);
  });

  test('content finds nothing in nothing', () => {
    assert.equal(content(new Uint8Array(0), 'moov'), null);
  });
});

suite('an init segment of sound', () => {
  /** @param {number[]} sizes how many bytes each descriptor's length takes @param {number} first of the AudioSpecificConfig */
  const init = (sizes, first) => {
    const length = (/** @type {number} */ value, /** @type {number} */ size) => bytes(value, size).map((byte, i) => (i + 1 < size ? byte | 0x80 : byte));
    const config = [5, ...length(2, sizes[2]), first, 0x90];
    const decoder = [4, ...length(13 + config.length, sizes[1]), ...bytes(0x40, 1), ...bytes(0, 12), ...config];
    const descriptor = [3, ...length(3 + decoder.length, sizes[0]), ...bytes(0, 3), ...decoder];
    const entry = box('mp4a', bytes(0, 28), box('esds', bytes(0, 4), descriptor));
    return new Uint8Array(box('moov', box('trak', box('mdia', box('mdhd', bytes(0, 12), bytes(44100, 4)), box('minf', box('stbl', box('stsd', bytes(1, 8), entry)))))));
  };

  test('codec and timescale, however long the lengths of the descriptors are', () => {
    assert.deepEqual((soundInitOf(init([1, 1, 1], 0x11))), { type: 'audio/mp4; codecs="mp4a.40.2"', timescale: 44100 });
    assert.deepEqual((soundInitOf(init([4, 4, 4], 0x29))), { type: 'audio/mp4; codecs="mp4a.40.5"', timescale: 44100 });
  });

  test('anything else is none', () => {
    assert.equal(soundInitOf(new Uint8Array(box('moov', box('trak')))), null);
    assert.equal(initOf(init([1, 1, 1], 0x11)), null);
  });
});
