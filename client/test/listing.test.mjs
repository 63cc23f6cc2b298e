// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cardWords, tryText } from '../list/card-words.js';
import { Card } from '../list/card.js';
import { isTrouble, listedStreams, wallAddress } from '../list/listing.js';
import { drawLastStill, drawServedStill, lastInstant, stillPaths } from '../shared/served-still.js';
import { chosenOf, isFound, summaryText, troubleText } from '../list/summary.js';

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
      {
        name: 'a', label: 'a', state: 'live', since: 5000, isOnDemand: false, outage: null,
      },
      {
        name: 'b', label: 'Yard', state: 'lost', since: 1_795_155_509_319, isOnDemand: false,
        outage: null,
      },
      {
        name: 'c', label: 'c', state: 'idle', since: 0, isOnDemand: true, outage: null,
      },
    ]);
    assert.throws(() => listedStreams({}), /no list/);
  });

  const now = 1_795_155_600_000, since = 1_795_155_509_319;
  /** A stream as the server lists it, with an outage of a kind. */
  const listed = (state, kind, text, retry) => listedStreams([{
    name: 'a', state: state === 'lost' ? 'live' : state,
    source: { online: state !== 'lost', since: since * 1e6 },
    ...(kind && {
      outage: { kind, text, since: since * 1e6, ...(retry && { retry: retry * 1e6 }) },
    }),
  }])[0];

  for (const [state, badge, word] of [
    ['live', 'live', 'Live'], ['starting', 'start', 'Starting'], ['idle', 'demand', 'On demand'],
    ['ended', 'none', 'Ended'], ['failed', 'bad', 'No picture'], ['lost', 'lost', 'No picture'],
    ['gone', 'none', 'No server'],
  ]) {
    test(`the badge of a ${state} stream; each but that of a picture has a sentence`, () => {
      const words = cardWords({ ...listed('live'), state }, now);
      assert.deepEqual([words.badge, words.word], [badge, word]);
      assert.equal(words.why === '', state === 'live');
    });
  }

  test('since when a source is away', () => {
    const { why } = cardWords(listed('lost'), now);
    assert.match(why, /^The source sends no frames since \d\d:\d\d\.$/);
  });

  for (const state of ['starting', 'lost', 'failed']) {
    for (const [retry, last] of [
      [undefined, '.'], [now, ', trying now.'], [now + 7001, ', next try in 8 s.'],
    ]) {
      test(`the reason of an outage while ${state}, since when, and the next try${last}`, () => {
        const stream = listed(state, 'refused', 'the source refuses the connection', retry);
        assert.equal(stream.state, state);
        const words = cardWords(stream, now);
        assert.equal(words.word, 'No picture');
        assert.equal(
          words.why.replaceAll(/\d\d:\d\d/g, 'T'),
          `The source refuses the connection. Since T${last}`);
        assert.ok(isTrouble(stream));
      });
    }
  }

  test('a stream that waits for a publisher is no trouble', () => {
    for (const [state, why] of [
      ['starting', /^No publisher yet\.$/], ['lost', /^No publisher since \d\d:\d\d\.$/],
    ]) {
      const stream = listed(state, 'no-publisher', 'waiting for a publisher');
      const words = cardWords(stream, now);
      assert.deepEqual([words.badge, words.word], ['wait', 'Waiting']);
      assert.match(words.why, why);
      assert.equal(isTrouble(stream), false);
    }
  });

  test('the next try counts down by whole seconds', () => {
    assert.deepEqual([null, now - 5, now + 1, now + 1000, now + 1001].map((at) => tryText(at, now)),
      ['', 'trying now', 'next try in 1 s', 'next try in 1 s', 'next try in 2 s']);
    assert.match(tryText(now + 90_001, now), /^next try at \d\d:\d\d$/);
  });

  for (const [states, text] of [
    [[], ''], [['live'], '1 stream.'], [['live', 'live'], 'All 2 show a picture.'],
    [['live', 'idle'], '1 shows a picture.'], [['idle'], 'No stream shows a picture.'],
    [['live', 'live', 'failed'], '2 show a picture, 1 is lost.'],
    [['live', 'lost', 'failed'], '1 shows a picture, 2 are lost.'],
  ]) {
    test(`the line of ${states.join(', ') || 'no stream'}: ${text}`, () => {
      const streams = states.map((state) => ({ ...listed('live'), state }));
      assert.equal(summaryText(streams), text);
    });
  }

  test('lost streams by name, at most three', () => {
    const lost = ['a', 'b', 'c', 'd'].map((label) => ({ ...listed('lost'), label }));
    const { fact, names } = troubleText(lost, now);
    assert.equal(fact, '4 sources are lost:');
    assert.match(names, /^a since \d\d:\d\d, b since .*, c since \d\d:\d\d and 1 more\.$/);
    assert.equal(troubleText([{ ...lost[0], since: 0 }], now).names, 'a.');
  });

  test('streams are found by the words of their labels and names', () => {
    const gate = { label: 'North gate', name: 'cam1' };
    for (const query of ['', 'gate', 'GATE north', 'cam1', 'cam gate']) {
      assert.ok(isFound(gate, query), query);
    }
    assert.equal(isFound(gate, 'south gate'), false);
    const streams = [listed('live'), listed('lost'), listed('ended')];
    const { all, live, trouble } = chosenOf(streams);
    assert.deepEqual([all.length, live.length, trouble.length], [3, 1, 1]);
  });

  test('the wall shows the first 16 streams', () => {
    const streams = Array.from({ length: 20 }, (_, i) => (
      { name: `s ${i}`, state: 'live', since: 0 }));
    assert.equal(wallAddress(streams.slice(0, 2)), 'wall?streams=s%200,s%201');
    assert.equal(wallAddress(streams).split(',').length, 16);
  });

  test('a still of the server is of an instant that viewers share, else the newest frame', () => {
    const [shared, newest] = stillPaths(1_795_155_720_999, 320, 0);
    assert.equal(shared, 'at/1795155718/320.jpg');
    assert.equal(newest, 'snapshot/320.jpg');
    assert.equal(stillPaths(1_795_155_721_999, 320, 0)[0], shared);
    assert.equal(stillPaths(1_795_155_722_000, 320, 0)[0], 'at/1795155720/320.jpg');
    assert.equal(stillPaths(1_795_155_720_999, 320, 1_795_155_718_000)[0], shared);
    const young = stillPaths(1_795_155_720_999, 320, 1_795_155_718_001);
    assert.deepEqual(young, [newest], 'no instant before the first frame is asked for');
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
      const paths = stillPaths(1_795_155_720_999, 320, 0);
      const drawing = drawServedStill('http://x/door/', canvas, paths, new AbortController().signal);
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

  test('the last still of a stream on demand is that of its archive', async (context) => {
    assert.equal(lastInstant({ archive: true }), null);
    assert.equal(lastInstant({ to: 1795957396, frameRate: [25, 1] }), 1795957395.98);
    const urls = [];
    context.mock.method(globalThis, 'fetch', async (url) => {
      urls.push(String(url));
      return urls.length === 1 ? Response.json({ to: 1795957396, frameRate: [25, 1] })
        : new Response('jpeg');
    });
    globalThis.createImageBitmap = async () => ({ width: 320, height: 180, close() {} });
    context.after(() => { delete globalThis.createImageBitmap; });
    const canvas = { width: 0, height: 0, getContext: () => ({ drawImage() {} }) };
    const at = await drawLastStill('http://x/door/', canvas, 480, new AbortController().signal);
    assert.equal(at, 1795957395.98);
    // Neither of them starts the stream: the newest frame would.
    assert.deepEqual(urls, ['http://x/door/dvr.json', 'http://x/door/at/1795957395.980/480.jpg']);
  });

  test('without a past there is no last still', async (context) => {
    context.mock.method(globalThis, 'fetch', async () => Response.json({ archive: false }));
    assert.equal(
      await drawLastStill('http://x/door/', {}, 480, new AbortController().signal), null);
  });
});

suite('the next still of a card', () => {
  /** Whether a card without elements, whose last request was at 0, wants a still at `now`. */
  const wants = (now, state, hasStill, changes = {}) => Object.assign(
    Object.create(Card.prototype),
    { stream: { state, isOnDemand: false }, hasStill, stillAt: null, askedAt: 0, askedFor: state },
    changes,
  ).wantsStill(now);

  for (const [what, hasStill, interval] of [
    ['15 s after the last one', true, 15_000],
    ['3 s after a refusal of the first one', false, 3000],
  ]) {
    test(`of a live stream: ${what}`, () => {
      assert.deepEqual([interval, interval + 1].map((now) => wants(now, 'live', hasStill)),
        [false, true]);
    });
  }

  test('of a stream that is lost: once, unless its picture is the last one', () => {
    assert.equal(wants(60_000, 'lost', false, { askedFor: 'live' }), true);
    assert.equal(wants(60_000, 'lost', false), false);
    assert.equal(wants(60_000, 'lost', true, { askedFor: 'live' }), false);
  });

  test('of a stream that is gone: none', () => {
    assert.equal(wants(60_000, 'gone', false, { askedFor: 'live' }), false);
  });
});
