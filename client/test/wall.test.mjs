// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { columnsFor, groupText, wallOf } from '../wall/layout.js';
import { instantsText } from '../wall/past.js';

suite('the page of several streams', () => {
  test('streams are names or URLs, each once', () => {
    const { streams, sync, attributes } = wallOf(
      'http://h/wall?streams=a,%20b,a,,x%2Fy,https://other/t/TOKEN/yard/,https://other/&target=0.3');
    assert.deepEqual(streams, [
      { name: 'a', src: 'a/' }, { name: 'b', src: 'b/' }, { name: 'x/y', src: 'x%2Fy/' },
      { name: 'yard', src: 'https://other/t/TOKEN/yard/' },
      { name: 'other', src: 'https://other/' },
    ]);
    assert.equal(sync, null);
    assert.deepEqual(attributes, { target: '0.3' });
  });

  test('each wrong parameter is named', () => {
    assert.deepEqual(wallOf('http://h/wall?streams=a&target=0.3&transport=http').problems, []);
    assert.deepEqual(wallOf('http://h/wall?streams=a&target=20&transport=smoke').problems, [
      'invalid target "20" (expected 0.05–10 seconds)',
      'unknown transport "smoke" (expected auto, ws, http, webcodecs, hls, dash or native)',
    ]);
  });

  test('a damaged URL is passed on as it is: the player names it', () => {
    assert.deepEqual(wallOf('http://h/wall?streams=http://,a').streams, [
      { name: 'http://', src: 'http://' }, { name: 'a', src: 'a/' },
    ]);
  });

  test('without streams there is nothing to play; with many, the first 16', () => {
    assert.deepEqual(wallOf('http://h/wall').streams, []);
    const many = Array.from({ length: 40 }, (_, i) => `s${i}`).join(',');
    assert.equal(wallOf(`http://h/wall?streams=${many}&sync=hall`).streams.length, 16);
    assert.equal(wallOf(`http://h/wall?streams=${many}&sync=hall`).sync, 'hall');
  });

  for (const [name, group] of [
    ['hall', 'hall'], ['a.b_c-1', 'a.b_c-1'], ['', null], ['a b', null], ['é', null],
    ['x'.repeat(65), null],
  ]) {
    test(`?sync=${name.slice(0, 10)}: ${group === null ? 'a group of its own' : 'joined'}`, () => {
      const found = wallOf(`http://h/wall?streams=a&sync=${encodeURIComponent(name)}`);
      assert.equal(found.sync, group);
      const isInvalid = name !== '' && group === null;
      assert.deepEqual(found.problems, isInvalid
        ? [`invalid sync group "${name}" (expected 1–64 letters, digits and . _ -): `
          + 'this page has its own group'] : []);
    });
  }

  for (const [count, width, height, columns] of [
    [1, 1280, 720, 1], [2, 1280, 720, 2], [2, 700, 1200, 1], [3, 1280, 800, 2], [4, 1280, 720, 2],
    [3, 2400, 450, 3], [6, 1280, 720, 3], [9, 1280, 720, 3], [16, 1280, 720, 4],
  ]) {
    test(`${count} streams in ${width}×${height}: ${columns} columns`, () => {
      assert.equal(columnsFor(count, width, height), columns);
    });
  }

  for (const [offsets, text] of [
    [[null, null], 'Connecting'], [[0.01], 'All streams 150 ms behind'],
    [[0.01, -0.002], 'All streams within 12 ms, 150 ms behind'],
    [[0.01, null, 0], '2 of 3 streams within 10 ms, 150 ms behind'],
  ]) test(text, () => assert.equal(groupText(offsets, 0.15), text));
});

suite('the past of the wall', () => {
  test('the page says how far the shown instants are apart', () => {
    assert.equal(instantsText([]), 'Connecting');
    assert.match(instantsText([1795550000.1, 1795550000]), /, all streams within 100 ms$/);
  });

  test('an instant in the address', () => {
    assert.equal(wallOf('http://h/wall?streams=a&at=1795550000.5').at, 1795550000.5);
    assert.match(wallOf('http://h/wall?streams=a&at=soon').problems[0], /^invalid time/);
  });
});
