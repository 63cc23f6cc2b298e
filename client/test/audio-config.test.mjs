// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { configurationOf } from '../engine/cmaf/audio-config.js';

/** A descriptor with a size of one byte. @param {number} tag @param {number[]} content */
const descriptor = (tag, content) => [tag, content.length, ...content];

const DECODER = [0x40, 0x15, ...Array(11).fill(0)];

/** The content of esds. @param {number[]} specific @param {number[]} head of ES_Descriptor */
function esds(specific, head = [0, 1, 0]) {
  const decoder = descriptor(4, [...DECODER, ...descriptor(5, specific)]);
  return new Uint8Array([0, 0, 0, 0, ...descriptor(3, [...head, ...decoder, 6, 1, 2])]);
}

suite('the configuration of an AAC decoder', () => {
  test('AAC-LC with two channels at 48 kHz', () => {
    const found = configurationOf(esds([0x11, 0x90]));
    assert.deepEqual(found, {
      objectType: 2, sampleRate: 48000, channels: 2, bytes: new Uint8Array([0x11, 0x90]),
    });
  });

  test('sizes of four bytes, and optional members of ES_Descriptor', () => {
    const long = [5, 0x80, 0x80, 0x80, 2, 0x12, 0x08];
    const bytes = descriptor(3, [0, 1, 0xE0, 9, 9, 3, 97, 98, 99, 8, 8,
      ...descriptor(4, [...DECODER, ...long])]);
    const found = configurationOf(new Uint8Array([0, 0, 0, 0, ...bytes]));
    assert.deepEqual([found?.sampleRate, found?.channels], [44100, 1]);
  });

  test('an escaped object type, and a sample rate in 24 bits', () => {
    // 11111 001010 (42) 1111 000000001011101110000000 (48000) 0010
    const bits = '11111' + '001010' + '1111' + (48000).toString(2).padStart(24, '0') + '0010'
      + '00000';
    const bytes = bits.match(/.{8}/g).map((text) => parseInt(text, 2));
    const found = configurationOf(esds(bytes));
    assert.deepEqual([found?.objectType, found?.sampleRate, found?.channels], [42, 48000, 2]);
  });

  test('hostile lengths, tags and values are no configuration', () => {
    const good = [...esds([0x11, 0x90])];
    for (let length = 0; length < good.length - 3; length += 1) {
      assert.equal(configurationOf(new Uint8Array(good.slice(0, length))), null, `${length}`);
    }
    const changed = (index, value) => new Uint8Array(
      good.map((byte, i) => (i === index ? value : byte)));
    for (let index = 0; index < good.length; index += 1) {
      for (const value of [0, 0x7F, 0x80, 0xFF]) configurationOf(changed(index, value));
    }
    for (const size of [0x7F, 0x80, 0xFF]) assert.equal(configurationOf(changed(5, size)), null);
    const unending = new Uint8Array([0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
    assert.equal(configurationOf(unending), null);
    assert.equal(configurationOf(esds([])), null);
    assert.equal(configurationOf(esds([0x11])), null);
    assert.equal(configurationOf(esds([0x16, 0x90])), null, 'a reserved sample rate');
    assert.equal(configurationOf(esds([0x11, 0xF8])), null, 'a reserved number of channels');
    assert.equal(configurationOf(esds([0x11, 0x90], [0, 1, 0x40, 255])), null);
  });
});
