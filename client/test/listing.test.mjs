// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { listedStreams, stateText, wallAddress } from '../list/listing.js';
import { drawServedStill, stillPaths } from '../list/served-still.js';
import { lowest } from '../list/still.js';

suite('the list of streams', () => {
  test('states of the server; a live stream without frames from its source is lost', () => {
    assert.deepEqual(listedStreams([
      { name: 'a', state: 'live', source: { online: true, since: 5_000_000_000 } },
      {
        name: 'b', label: 'Yard', state: 'live',
        source: { online: false, since: 1_795_155_509_319_000_000 },
      },
      { name: 'c', state: 'idle', onDemand: true }, { name: 'd', state: 'new' }, { state: 'live' },
      null,
    ]), [
      { name: 'a', label: 'a', state: 'live', since: 5000, isOnDemand: false, outage: null },
      {
        name: 'b', label: 'Yard', state: 'lost', since: 1_795_155_509_319, isOnDemand: false,
        outage: null,
      },
      { name: 'c', label: 'c', state: 'idle', since: 0, isOnDemand: true, outage: null },
    ]);
    assert.throws(() => listedStreams({}), /no list/);
  });

  for (const [state, text] of [
    ['live', 'Live'], ['starting', 'Starting'], ['idle', 'Starts on demand'], ['ended', 'Ended'],
    ['failed', 'Failed'], ['lost', 'The source is away'],
  ]) {
    test(text, () => assert.equal(stateText({ name: 'a', state, since: 0 }, 1), text));
  }

  test('since when a source is away', () => {
    const text = stateText({ state: 'lost', since: 1_795_155_509_319 }, 1_795_155_600_000);
    assert.match(text, /^The source is away since \d\d:\d\d:\d\d$/);
  });

  for (const state of ['starting', 'lost', 'failed']) {
    for (const [retry, last] of [
      [undefined, ''], [1_795_155_600_100, '. Trying again.'],
      [1_795_155_630_000, '. Next attempt at T.'],
    ]) {
      test(`the reason of an outage while ${state}, since when, and the next attempt`, () => {
        const now = 1_795_155_600_000, since = 1_795_155_509_319;
        const [stream] = listedStreams([{
          name: 'a', state: state === 'lost' ? 'live' : state,
          source: { online: false, since: since * 1e6 },
          outage: {
            kind: 'refused', text: 'the source refuses the connection', since: since * 1e6,
            ...(retry && { retry: retry * 1e6 }),
          },
        }]);
        assert.equal(stream.state, state);
        assert.equal(
          stateText(stream, now).replaceAll(/\d\d:\d\d:\d\d/g, 'T'),
          `The source refuses the connection, since T${last}`);
      });
    }
  }

  test('the wall shows the first 16 streams', () => {
    const streams = Array.from({ length: 20 }, (_, i) => (
      { name: `s ${i}`, state: 'live', since: 0 }));
    assert.equal(wallAddress(streams.slice(0, 2)), 'wall?streams=s%200,s%201');
    assert.equal(wallAddress(streams).split(',').length, 16);
  });

  test('a still of the server is of an instant that viewers share, else the newest frame', () => {
    const [shared, newest] = stillPaths(1_795_155_720_999);
    assert.equal(shared, 'at/1795155718/320.jpg');
    assert.equal(newest, 'snapshot/320.jpg');
    assert.equal(stillPaths(1_795_155_721_999)[0], shared);
    assert.equal(stillPaths(1_795_155_722_000)[0], 'at/1795155720/320.jpg');
  });

  for (const [statuses, asked] of [
    [[200], 1], [[404, 200], 2], [[410, 404], 2], [[425, 200], 2], [[503], 1], [[401], 1],
  ]) {
    test(`stills with the status ${statuses.join(', ')}`, async (context) => {
      const urls = [];
      context.mock.method(globalThis, 'fetch', async (url) => {
        const status = statuses[urls.push(String(url)) - 1];
        return new Response(status === 200 ? 'jpeg' : null, { status });
      });
      globalThis.createImageBitmap = async () => ({ width: 320, height: 180, close() {} });
      context.after(() => { delete globalThis.createImageBitmap; });
      const canvas = { width: 0, height: 0, getContext: () => ({ drawImage() {} }) };
      const drawing = drawServedStill(
        'http://x/door/', canvas, 1_795_155_720_999, new AbortController().signal);
      if (statuses.at(-1) === 200) {
        await drawing;
        assert.equal(canvas.width, 320);
      } else {
        await assert.rejects(drawing, new RegExp(`status ${statuses.at(-1)}`));
      }
      assert.equal(urls.length, asked);
      assert.equal(urls[0], 'http://x/door/at/1795155718/320.jpg');
    });
  }

  test('stills are of the lowest rendition', () => {
    const ladder = [2_500_000, 300_000, 900_000].map((bandwidth) => (
      { uri: '', height: 0, bandwidth }));
    assert.equal(lowest(ladder), 1);
    assert.equal(lowest([]), 0);
  });
});
