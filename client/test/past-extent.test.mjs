// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { PastOrder } from '../engine/players/past-order.js';
import { PastExtent } from '../engine/server/past-extent.js';
import { PastReach } from '../engine/server/past-reach.js';

const extent = new PastExtent({
  now: 2000, archive: true, from: 1000, to: 2000, frameRate: [30, 1], framesPerSegment: 30,
  gaps: [[1100, 1400], [1500, 1501]],
  renditions: [
    { name: 'video', headers: [{ from: 1000, header: 'aaaaaaaa' }, { from: 1400, header: 'bb' }] },
  ],
});

suite('the extent of the past', () => {
  test('frames and segments are found by their time, also at a border', () => {
    for (const [time, frame, segment] of [
      [1000, 30000, 1000], [1000 + 1 / 30, 30001, 1000], [1000.99, 30029, 1000],
      [1795553313 + 29 / 30, 1795553313 * 30 + 29, 1795553313],
    ]) {
      assert.equal(extent.frameAt(time), frame);
      assert.equal(extent.segmentAt(time), segment);
      assert.equal(extent.frameAt(extent.middleOf(frame)), frame);
    }
    const slow = new PastExtent({ from: 1, frameRate: [30000, 1001], framesPerSegment: 30 });
    assert.equal(slow.segmentAt(slow.startOf(1793759554)), 1793759554);
    assert.ok(Math.abs(slow.startOf(1793759554) - 1795553313.554) < 1e-3);
  });

  test('a gap leads to the segment after it', () => {
    for (const [number, expected] of [
      [1099, 1099], [1100, 1400], [1399, 1400], [1400, 1400], [1500, 1501], [1501, 1501],
    ]) assert.equal(extent.withMedia(number), expected);
    assert.equal(extent.mediaBetween(1090, 1410), 20);
    assert.equal(extent.clamp(900), 1000);
  });

  test('the header of a segment is that of its rendition at its time', () => {
    assert.equal(extent.headerOf('video', 1399), 'aaaaaaaa');
    assert.equal(extent.headerOf('video', 1400), 'bb');
    assert.equal(extent.headerOf('video', 999), null);
    assert.equal(extent.headerOf('audio', 1400), null);
    assert.ok(extent.has('video') && !extent.has('audio'));
  });

  test('a recording has no time after its end', () => {
    const recording = new PastExtent({ from: 1000, to: 2000, live: false, frameRate: [30, 1] });
    assert.ok(extent.isLive && !recording.isLive);
    assert.equal(extent.clamp(2500), 2500);
    assert.equal(recording.frameAt(recording.clamp(2500)), 2000 * 30 - 1);
    assert.equal(recording.clamp(900), 1000);
    assert.equal(recording.clamp(1500), 1500);
  });

  test('a stream without a past has none', () => {
    const none = new PastExtent({ now: 5, archive: false });
    assert.equal(none.from, null);
    assert.equal(none.isArchived, false);
  });
});

suite('the order of the requests', () => {
  /** All numbers that are requested at a position. */
  const taken = (order, position, rate, edge = 2000) => {
    const numbers = [];
    for (;;) {
      const number = order.take(position, rate, edge);
      if (number === null) return numbers;
      numbers.push(number);
      order.arrived();
    }
  };

  test('it begins with the position, and is bounded by the time ahead of it', () => {
    const order = new PastOrder(extent, 1010.5);
    assert.deepEqual(taken(order, 1010.5, 1), [1010, 1011, 1012, 1013, 1014, 1015, 1016]);
    assert.deepEqual(taken(order, 1011.5, 1), [1017]);
    assert.equal(taken(order, 1011.5, 8).at(-1), 1026);
  });

  test('at the start of a segment the audio of the one before is requested', () => {
    assert.equal(new PastOrder(extent, 1010.01).next, 1009);
    assert.equal(new PastOrder(extent, 1010.06).next, 1010);
  });

  test('gaps are left out, and media after them is requested before them', () => {
    const order = new PastOrder(extent, 1097.5);
    assert.deepEqual(taken(order, 1097.5, 1), [1097, 1098, 1099, 1400, 1401, 1402, 1403]);
    assert.deepEqual(taken(new PastOrder(extent, 1200), 1200, 1).slice(0, 2), [1400, 1401]);
  });

  test('no more than three are under way, and none that is not complete', () => {
    const order = new PastOrder(extent, 1010.5);
    const three = [0, 1, 2, 3].map(() => order.take(1010.5, 1, 2000));
    assert.deepEqual(three, [1010, 1011, 1012, null]);
    order.arrived();
    assert.equal(order.take(1010.5, 1, 2000), 1013);
    assert.deepEqual(taken(new PastOrder(extent, 1997.5), 1997.5, 1, 1999.9), [1997, 1998]);
  });
});

suite('the reach of a stream', () => {
  const { fetch } = globalThis;
  after(() => Object.assign(globalThis, { fetch }));

  test('the root leads to its stream, and is not asked again at once', async () => {
    const asked = /** @type {string[]} */ ([]);
    globalThis.fetch = async (url) => {
      asked.push(String(url));
      const response = Response.json({ archive: true, from: 1000, to: 2000 });
      Object.defineProperty(response, 'url', { value: 'https://a.example/live/dvr.json' });
      return response;
    };
    const reach = new PastReach(
      new AbortController().signal, (document) => new PastExtent(document));
    for (const url of ['https://a.example/dvr.json', 'https://a.example/live/dvr.json',
      'https://a.example/dvr.json']) {
      assert.equal((await reach.load(url))?.from, 1000);
    }
    assert.deepEqual(asked, ['https://a.example/dvr.json']);
    assert.equal(reach.address('from/1/playlist.m3u8'),
      'https://a.example/live/from/1/playlist.m3u8');
    assert.equal((await reach.load('https://b.example/dvr.json'))?.from, 1000);
    assert.equal(asked.length, 2);
  });
});
