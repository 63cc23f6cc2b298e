// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PastExtent } from '../engine/server/past-extent.js';
import { common, unionOf } from '../wall/union.js';

const stream = (name, rest) => ({
  name, extent: new PastExtent({
    archive: true, from: 100, to: 200, frameRate: [25, 1], framesPerSegment: 50, ...rest,
  }),
});

suite('the past of all streams of the wall', () => {
  test('times that are in both lists', () => {
    assert.deepEqual(common([[0, 10], [20, 30]], [[5, 22], [25, 26], [40, 50]]),
      [[5, 10], [20, 22], [25, 26]]);
    assert.deepEqual(common([[0, 10]], []), []);
    assert.deepEqual(common([[0, 10]], [[10, 20]]), []);
  });

  test('it begins with the earliest media, and ends with the newest', () => {
    const { from, to, isArchived, isLive, gaps } = unionOf([
      stream('a', { from: 120, to: 190, live: false }), stream('b', {}),
    ]);
    assert.deepEqual([from, to, isArchived, isLive, gaps], [100, 200, true, true, []]);
  });

  test('a gap is a time without media of all', () => {
    const { gaps } = unionOf([
      stream('a', { gaps: [[120, 140], [150, 160]] }), stream('b', { gaps: [[130, 155]] }),
      // Before its first media, and after the last one, a stream has none either.
      stream('c', { from: 135, to: 152, live: false }),
    ]);
    assert.deepEqual(gaps, [[130, 135], [152, 155]]);
  });

  test('events of all, in order, with the names of their streams and numbers of their own', () => {
    const { events } = unionOf([
      stream('Gate', { events: [{ id: 1, time: 150, data: { text: 'bell' } }] }),
      stream('Yard', { events: [{ id: 1, time: 110, data: 'car' }] }),
    ]);
    assert.deepEqual(events.map(({ time, data }) => [time, data]),
      [[110, 'Yard: car'], [150, 'Gate: bell']]);
    assert.equal(new Set(events.map(({ id }) => id)).size, 2);
  });

  test('frames are those of the first stream with media', () => {
    const union = unionOf([stream('a', { from: null }), stream('b', { frameRate: [10, 1] })]);
    assert.deepEqual([union.frameDuration, union.framesPerSegment], [0.1, 50]);
    assert.equal(unionOf([stream('a', { from: null })]), null);
    assert.equal(unionOf([]), null);
  });
});
