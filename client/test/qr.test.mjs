// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { qrOf, qrPath } from '../sheets/qr.js';

const hasDecoder = !spawnSync('zbarimg', ['--version']).error;

/** A picture of a code: four pixels for each module, and the quiet zone of four modules. */
function picture(modules) {
  const scale = 4, margin = 4, size = (modules.length + 2 * margin) * scale;
  const rows = [];
  for (let y = 0; y < size; y += 1) {
    const row = modules[Math.floor(y / scale) - margin];
    rows.push(Array.from({ length: size }, (_, x) => (
      row?.[Math.floor(x / scale) - margin] ? 0 : 255)).join(' '));
  }
  return `P2\n${size} ${size}\n255\n${rows.join('\n')}\n`;
}

/** The text of a code by another program. */
function decoded(modules) {
  const folder = mkdtempSync(join(tmpdir(), 'qr-')), path = join(folder, 'code.pgm');
  try {
    writeFileSync(path, picture(modules));
    const { stdout } = spawnSync('zbarimg', ['--raw', '-q', path], { encoding: 'utf8' });
    return stdout.replace(/\n$/, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ADDRESS = 'http://192.168.1.20:8080/gate/?at=2026-11-28T15:22:08.120Z&';

suite('QR codes', () => {
  // Lengths at the ends of versions: 14 bytes is the most of version 1, 213 the most of version 10.
  for (const length of [1, 14, 15, 62, 84, 106, 122, 123, 180, 213, 214, 287, 450, 666]) {
    test(`of ${length} bytes are read by another program`, {
      skip: hasDecoder ? false : 'zbarimg not found: apt-get install zbar-tools',
    }, () => {
      const text = ADDRESS.repeat(12).slice(0, length), modules = qrOf(text);
      assert.equal(decoded(modules), text);
    });
  }

  test('have the size of the least version, and the three patterns of its corners', () => {
    for (const [length, size] of [[14, 21], [15, 25], [213, 57], [214, 61], [666, 97]]) {
      const modules = qrOf('a'.repeat(length));
      assert.deepEqual([modules.length, modules[0].length], [size, size]);
      for (const [y, x] of [[0, 0], [0, size - 7], [size - 7, 0]]) {
        const corner = modules.slice(y, y + 7).map((row) => row.slice(x, x + 7));
        const found = [corner[0].every(Boolean), corner[1][1], corner[3][3]];
        assert.deepEqual(found, [true, false, true]);
      }
    }
  });

  test('are not made of longer texts', () => {
    assert.equal(qrOf('a'.repeat(667)), null);
  });

  test('become a path with a quiet zone', () => {
    assert.match(qrPath(qrOf('a'), 4), /^M4 4h1v1h-1zM5 4/);
  });
});
