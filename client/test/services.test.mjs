// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServerClock } from '../shared/clock.js';
import { ServicePoller } from '../engine/server/services.js';

/** A poller whose requests end as `fetch` says. */
function polling(t, fetch) {
  const previous = globalThis.fetch;
  globalThis.fetch = fetch;
  t.after(() => { globalThis.fetch = previous; });
  const { signal } = new AbortController();
  const figures = { isShown: false, latest: null };
  return new ServicePoller('http://h/live/playlist.m3u8', new ServerClock(), figures, signal);
}

suite('a stream without a playlist', () => {
  const outage = { kind: 'refused', text: 'the source refuses', since: 2e6, retry: 3e6 };
  const answer = (body) => async () => Response.json(body);
  for (const [name, fetch, isAskedAgain, presence] of [
    ['the reason of its outage', answer({ source: { online: false, since: 1e6, outage } }), true,
      { isOnline: false, since: 1e6, outage: { ...outage, since: 2, retry: 3 } }],
    ['a stream that starts has none', answer({ source: { online: true, since: 1e6 } }), true, null],
    ['a held request is asked again', async () => { throw new TypeError('aborted'); }, true, null],
    ['so is an idle stream', async () => new Response('', { status: 503 }), true, null],
    ['another server has no states', async () => new Response('', { status: 404 }), false, null],
    ['another server has other documents', answer([]), false, null],
  ]) {
    test(name, async (t) => {
      const asked = [];
      const poller = polling(t, (url) => {
        asked.push(String(url));
        return fetch();
      });
      assert.equal(await poller.updateState(), isAskedAgain);
      assert.deepEqual(poller.presence, presence);
      assert.deepEqual(asked, ['http://h/live/timestamps.json']);
    });
  }
});

suite('the playlist of the source', () => {
  test('is not requested while the past is played', async (t) => {
    const asked = [];
    const poller = polling(t, async (url) => {
      asked.push(String(url));
      return new Response('#EXTM3U');
    });
    let isPast = true;
    poller.mayAskLive = () => !isPast;
    assert.equal(await poller.findServices(), null);
    assert.deepEqual(asked, []);
    isPast = false;
    await poller.findServices();
    assert.equal(asked.length, 1);
  });
});

suite('whether the server answers', () => {
  const refusal = async () => new Response('no', { status: 403 });
  const silence = async () => { throw new TypeError('Failed to fetch'); };
  for (const [name, fetch, isReachable] of [
    ['a refusal is an answer', refusal, true], ['a network error is none', silence, false],
  ]) {
    test(`${name}, for the playlist`, async (t) => {
      const poller = polling(t, fetch);
      for (let i = 0; i < 4; i += 1) await poller.findServices();
      assert.equal(poller.isReachable, isReachable);
    });

    test(`${name}, for /timestamps.json`, async (t) => {
      const poller = polling(t, fetch);
      poller.services = { timestamps: 'http://h/live/timestamps.json', times: [] };
      for (let i = 0; i < 4; i += 1) await poller.updateFigures();
      assert.equal(poller.isReachable, isReachable);
    });
  }

  for (const [name, fetch, most] of [
    ['a playlist of another server is requested seldom', async () => (
      new Response('#EXTM3U\n#EXT-X-TARGETDURATION:1\n')), 6],
    ['after a refusal nothing is requested for a time', refusal, 1],
  ]) {
    test(name, async (t) => {
      let count = 0;
      const poller = polling(t, () => {
        count += 1;
        return fetch();
      });
      for (let i = 0; i < 20; i += 1) {
        await Promise.all([poller.measureClock(), poller.updateFigures()]);
      }
      assert.equal(count, most);
      poller.use('http://h/live/manifest.mpd');
      await poller.findServices();
      assert.equal(count, most + 1);
    });
  }

  test('one answer ends the silence', async (t) => {
    let count = 0;
    const poller = polling(t, () => ((count += 1) === 5 ? refusal() : silence()));
    for (let i = 0; i < 4; i += 1) await poller.findServices();
    assert.equal(poller.isReachable, false);
    await poller.findServices();
    assert.equal(poller.isReachable, true);
  });

  test('a message over a WebSocket ends the silence', async (t) => {
    const poller = polling(t, silence);
    for (let i = 0; i < 4; i += 1) await poller.findServices();
    poller.push(null);
    assert.equal(poller.isReachable, false);
    poller.push({ isOnline: true, since: 5 });
    assert.equal(poller.isReachable, true);
    assert.deepEqual([poller.isPushed, poller.presence], [true, { isOnline: true, since: 5 }]);
  });
});
