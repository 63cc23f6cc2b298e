// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { content } from '../engine/cmaf/boxes.js';
import { ChunkSplitter } from '../engine/cmaf/chunks.js';
import { audioFormat, videoFormat } from '../engine/cmaf/header.js';

/** @param {string} type @param {...(number[] | Uint8Array)} parts */
function box(type, ...parts) {
  const body = parts.flatMap((part) => [...part]);
  return [...bytes(body.length + 8, 4), ...Buffer.from(type), ...body];
}

/** A number, most significant byte first. @param {number} value @param {number} size */
function bytes(value, size) {
  const byte = (_, i) => Math.floor(value / 2 ** (8 * (size - 1 - i))) % 256;
  return Array.from({ length: size }, byte);
}

/** @param {number} time */
const moof = (time) => box('moof', box('mfhd', bytes(0, 8)), box('traf', box('tfhd', bytes(1, 8)),
  box('tfdt', bytes(1, 1), bytes(0, 3), bytes(time, 8))));
const styp = box('styp', bytes(0, 8)), prft = box('prft', bytes(0, 24));
const epoch = 1795163000 * 90000;

suite('chunks: [styp] [prft] moof mdat', () => {
  const expected = [
    [...moof(epoch), ...box('mdat', bytes(7, 100))],
    [...moof(epoch + 3000), ...box('mdat', bytes(8, 5))],
  ];
  const stream = new Uint8Array([...styp, ...prft, ...expected[0], ...prft, ...expected[1]]);

  test('each split of the stream gives the same chunks, moof and mdat only', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const splitter = new ChunkSplitter();
      const chunks = [...splitter.push(stream.slice(0, at)), ...splitter.push(stream.slice(at))];
      assert.deepEqual(chunks.map((chunk) => [...chunk.bytes]), expected, `split at ${at}`);
      assert.deepEqual(chunks.map((chunk) => chunk.time), [epoch, epoch + 3000]);
      assert.equal(splitter.isComplete, true);
    }
  });

  test('byte by byte, a chunk is returned with its last byte', () => {
    const splitter = new ChunkSplitter();
    const first = styp.length + prft.length + expected[0].length;
    const ends = [...stream].map((byte, i) => (
      splitter.push(new Uint8Array([byte])).length > 0 ? i + 1 : 0)).filter(Boolean);
    assert.deepEqual(ends, [first, stream.length]);
  });

  test('a single styp is a complete segment without chunks', () => {
    const splitter = new ChunkSplitter();
    assert.equal(splitter.push(new Uint8Array(styp)).length, 0);
    assert.equal(splitter.isComplete, true);
  });

  test('an mdat without moof is dropped', () => {
    const bare = [...box('mdat', bytes(1, 9)), ...moof(9), ...box('mdat', bytes(2, 3))];
    const chunks = new ChunkSplitter().push(new Uint8Array(bare));
    assert.deepEqual(chunks.map(({ time }) => time), [9]);
  });

  test('an end within a box or between moof and mdat is not complete', () => {
    for (const end of [3, styp.length + 5, styp.length + prft.length + moof(0).length]) {
      const splitter = new ChunkSplitter();
      splitter.push(stream.slice(0, end));
      assert.equal(splitter.isComplete, false, `end at ${end}`);
    }
  });

  test('an invalid box size is an error', () => {
    for (const size of [0, 4, 7, 2 ** 31]) {
      const wrong = new Uint8Array([...bytes(size, 4), ...Buffer.from('mdat')]);
      assert.throws(() => new ChunkSplitter().push(wrong), /box/, `${size}`);
    }
  });

  test('64-bit sizes and 32-bit decode times are read (ISO/IEC 14496-12 §4.2, §8.8.12)', () => {
    const small = box('moof', box('traf', box('tfdt', bytes(0, 4), bytes(9000, 4))));
    const large = [...bytes(1, 4), ...Buffer.from('mdat'), ...bytes(16 + 3, 8), 1, 2, 3];
    const [chunk] = new ChunkSplitter().push(new Uint8Array([...small, ...large]));
    assert.equal(chunk.time, 9000);
    assert.deepEqual([...chunk.bytes], [...small, ...large]);
  });
});

/** A CMAF header. @param {number[]} entry the sample entry @param {number[]} mdhd */
function header(entry, mdhd) {
  const stsd = box('stsd', bytes(0, 4), bytes(1, 4), entry);
  const mdia = box('mdia', mdhd, box('minf', box('stbl', stsd)));
  const trak = box('trak', box('tkhd', bytes(0, 84)), mdia);
  const moov = box('moov', box('mvhd', bytes(0, 100)), trak);
  return new Uint8Array([...box('ftyp', bytes(0, 8)), ...moov]);
}

suite('video headers', () => {
  const avcC = box('avcC', [1, 0x64, 0x00, 0x1f, 0xff]);
  const entry = (/** @type {string} */ type) => box(type, bytes(0, 78), avcC);
  const mdhd0 = box('mdhd', bytes(0, 12), bytes(90000, 4), bytes(0, 8));
  const mdhd1 = box('mdhd', bytes(1, 1), bytes(0, 19), bytes(30000, 4), bytes(0, 12));
  const type = 'video/mp4; codecs="avc1.64001f"';

  test('codec string from avcC, timescale from both versions of mdhd', () => {
    assert.deepEqual(videoFormat(header(entry('avc1'), mdhd0)), { type, timescale: 90000 });
    assert.deepEqual(videoFormat(header(entry('avc3'), mdhd1)), { type, timescale: 30000 });
  });

  test('another codec has no format', () => {
    assert.equal(videoFormat(header(box('hvc1', bytes(0, 78)), mdhd0)), null);
  });

  test('no bytes have no content', () => {
    assert.equal(content(new Uint8Array(0), 'moov'), null);
  });
});

suite('audio headers', () => {
  /**
   * @param {number[]} sizes bytes of the size field of each descriptor
   * @param {number} first byte of the AudioSpecificConfig
   */
  const audioHeader = (sizes, first) => {
    const length = (/** @type {number} */ value, /** @type {number} */ size) => (
      bytes(value, size).map((byte, i) => (i + 1 < size ? byte | 0x80 : byte)));
    const config = [5, ...length(2, sizes[2]), first, 0x90];
    const decoder = [4, ...length(13 + config.length, sizes[1]), 0x40, ...bytes(0, 12), ...config];
    const descriptor = [3, ...length(3 + decoder.length, sizes[0]), ...bytes(0, 3), ...decoder];
    const entry = box('mp4a', bytes(0, 28), box('esds', bytes(0, 4), descriptor));
    return header(entry, box('mdhd', bytes(0, 12), bytes(44100, 4)));
  };

  test('codec string and timescale, with size fields of one and four bytes', () => {
    const expected = (objectType) => (
      { type: `audio/mp4; codecs="mp4a.40.${objectType}"`, timescale: 44100 });
    assert.deepEqual(audioFormat(audioHeader([1, 1, 1], 0x11)), expected(2));
    assert.deepEqual(audioFormat(audioHeader([4, 4, 4], 0x29)), expected(5));
  });

  test('another codec has no format', () => {
    assert.equal(audioFormat(new Uint8Array(box('moov', box('trak')))), null);
    assert.equal(videoFormat(audioHeader([1, 1, 1], 0x11)), null);
  });
});
