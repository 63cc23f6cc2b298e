// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { listedStreams } from '../list/listing.js';
import { nearestIn } from '../wall/board-input.js';
import { addressOf, columnsFor, groupWords, LAYOUTS, moved, wallOf } from '../wall/layout.js';
import { choosableOf } from '../wall/listed.js';
import { clockWords, instantsWords } from '../wall/past.js';

suite('the page of several streams', () => {
  test('streams are names or URLs, each once', () => {
    const { streams, sync, attributes } = wallOf(
      'http://h/wall?streams=a,%20b,a,,x%2Fy,https://other/t/TOKEN/yard/,https://other/&target=0.3');
    assert.deepEqual(streams, [
      { word: 'a', name: 'a', src: 'a/' }, { word: 'b', name: 'b', src: 'b/' },
      { word: 'x/y', name: 'x/y', src: 'x%2Fy/' },
      {
        word: 'https://other/t/TOKEN/yard/', name: 'yard', src: 'https://other/t/TOKEN/yard/',
      },
      { word: 'https://other/', name: 'other', src: 'https://other/' },
    ]);
    assert.equal(sync, null);
    assert.deepEqual(attributes, { target: '0.3' });
  });

  test('each wrong parameter is named', () => {
    assert.deepEqual(wallOf('http://h/wall?streams=a&target=0.3&transport=http').problems, []);
    assert.deepEqual(wallOf('http://h/wall?streams=a&target=20&transport=smoke&layout=5').problems, [
      'invalid target "20" (expected 0.05–10 seconds)',
      'unknown transport "smoke" (expected auto, ws, http, webcodecs, hls, dash or native)',
      'unknown layout "5" (expected fit, 1-5, 2x2, 3x3, 4x4)',
    ]);
  });

  test('a damaged URL is passed on as it is: the player names it', () => {
    assert.deepEqual(wallOf('http://h/wall?streams=http://,a').streams, [
      { word: 'http://', name: 'http://', src: 'http://' }, { word: 'a', name: 'a', src: 'a/' },
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

  test('the layout of the address, else the one that suits the number of streams', () => {
    const layoutOf = (query) => wallOf(`http://h/wall?${query}`).layout;
    assert.equal(layoutOf('streams=a,b&layout=3x3'), '3x3');
    assert.equal(layoutOf('streams=a,b'), 'fit');
    assert.equal(layoutOf('streams=a,b,c,d,e,f'), '1-5');
    assert.equal(layoutOf('streams=a,b,c,d,e,f&layout=toString'), '1-5');
    assert.equal(wallOf('http://h/wall?streams=a&cycle=1').cycles, true);
    assert.equal(LAYOUTS['3x3'].tiles, 9);
  });

  test('a bookmark opens the same wall, and keeps what the page does not change', () => {
    const page = 'http://h/wall?streams=a&sync=hall&target=0.3&at=1795550000&layout=2x2';
    assert.equal(
      addressOf(page, ['x/y', 'b'], '3x3', true),
      'http://h/wall?streams=x%2Fy,b&sync=hall&target=0.3&layout=3x3&cycle=1');
    assert.equal(addressOf('http://h/wall', ['a'], 'fit', false), 'http://h/wall?streams=a');
    assert.equal(addressOf('http://h/wall?streams=a', [], 'fit', false), 'http://h/wall');
    const { streams, layout } = wallOf(addressOf(page, ['a,b', 'c'], '1-5', false));
    assert.equal(layout, '1-5');
    assert.equal(streams.length, 3, 'names of streams have no commas');
  });

  test('a tile moves, and the others keep their order', () => {
    assert.deepEqual(moved(['a', 'b', 'c', 'd'], 0, 2), ['b', 'c', 'a', 'd']);
    assert.deepEqual(moved(['a', 'b', 'c', 'd'], 3, 0), ['d', 'a', 'b', 'c']);
  });

  test('arrow keys reach the nearest tile of their direction', () => {
    const [large, right, below, corner] = [[0, 0], [10, -3], [0, 10], [10, 10]]
      .map(([x, y]) => ({ x: 10 * x, y: 10 * y }));
    const others = [right, below, corner];
    assert.equal(nearestIn(large, others, [1, 0]), right);
    assert.equal(nearestIn(large, others, [0, 1]), below);
    assert.equal(nearestIn(large, others, [-1, 0]), null);
    assert.equal(nearestIn(corner, [large, right, below], [0, -1]), right);
  });

  test('the choice has names for people, and no stills of streams on demand', () => {
    assert.deepEqual(listedStreams([
      { name: 'a', label: 'Gate', state: 'live', source: { online: true, since: 5e15 } },
      { name: 'b', state: 'live', onDemand: true }, { name: 'c', state: 'locked' },
    ]).map(choosableOf), [
      { name: 'a', label: 'Gate', since: 5e9, hasStills: true },
      { name: 'b', label: 'b', since: 0, hasStills: false },
      { name: 'c', label: 'c', since: 0, hasStills: false },
    ]);
  });

  for (const [offsets, kind, figure] of [
    [[null, null], 'start', ''], [[0.01], 'live', '150 ms'],
    [[0.01, -0.002], 'live', '150 ms, all within 12 ms'],
    [[0.01, null, 0], 'wait', '150 ms, 2 of 3 within 10 ms'],
    [[null, 0], 'wait', '150 ms, 1 of 2 streams'],
  ]) {
    test(`${offsets.join(', ')}: ${kind} ${figure}`, () => {
      const words = groupWords(offsets, 0.15);
      assert.deepEqual([words.kind, words.figure], [kind, figure]);
      assert.equal(words.word, kind === 'start' ? 'Connecting' : 'Live');
    });
  }
});

suite('the past of the wall', () => {
  test('the page says how far the shown instants are apart', () => {
    assert.equal(instantsWords([]).word, 'Connecting');
    const { kind, word, figure } = instantsWords([1795550000.1, 1795550000]);
    assert.deepEqual([kind, figure], ['past', 'all within 100 ms']);
    assert.match(word, /^\d\d:\d\d:\d\d$/);
  });

  test('the clock has the day in the past, and milliseconds of a single frame', () => {
    const at = new Date(2026, 10, 26, 15, 22, 8, 120).getTime(), now = at + 3_600_000;
    assert.deepEqual(clockWords(null, false, false, now), { clock: '', day: '' });
    assert.deepEqual(
      clockWords(at / 1000, false, false, now), { clock: '15:22:08', day: 'live, all streams' });
    assert.deepEqual(
      clockWords(at / 1000, true, true, now), { clock: '15:22:08.120', day: 'today, all streams' });
    assert.deepEqual(clockWords(at / 1000, true, false, now + 86_400_000), {
      clock: '15:22:08', day: 'yesterday, all streams',
    });
  });

  test('an instant in the address', () => {
    assert.equal(wallOf('http://h/wall?streams=a&at=1795550000.5').at, 1795550000.5);
    assert.match(wallOf('http://h/wall?streams=a&at=soon').problems[0], /^invalid time/);
  });
});
