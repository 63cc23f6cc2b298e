// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { burnedTime, crc12 } from '../engine/clock/burned-clock.js';

/** Time, CRC-12 and the 64 cells, from the definition of the burned clock. */
const KNOWN = [
  [0, 0xfac, '1010000000000000000000000000000000000000000000000000111110101100'],
  [1, 0x7a3, '1010000000000000000000000000000000000000000000000001011110100011'],
  [1700000000000, 0x658, '1010000000011000101111001111111001010110100000000000011001011000'],
  [281474976710655, 0xff6, '1010111111111111111111111111111111111111111111111111111111110110'],
];

/** @param {string} cells */
const luma = (cells, white = 235, black = 16) => (
  [...cells].map((cell) => (cell === '1' ? white : black)));

suite('burned clock', () => {
  for (const [ms, crc, cells] of KNOWN) {
    test(`${ms} ms is read, also with low contrast`, () => {
      assert.equal(crc12([...cells.slice(4, 52)].map(Number)), crc);
      assert.equal(burnedTime(luma(cells)), ms);
      assert.equal(burnedTime(luma(cells, 140, 90)), ms);
    });
  }

  test('a wrong bit, too little contrast and inverted cells are not read', () => {
    const cells = KNOWN[2][2];
    for (let i = 0; i < 64; i += 1) {
      const wrong = cells.slice(0, i) + (cells[i] === '1' ? '0' : '1') + cells.slice(i + 1);
      assert.equal(burnedTime(luma(wrong)), null, `bit ${i}`);
    }
    assert.equal(burnedTime(luma(cells, 100, 61)), null);
    assert.equal(burnedTime(luma(cells, 16, 235)), null);
  });
});
