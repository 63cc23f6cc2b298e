// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { FramePlayer } from '../engine/players/frame-player.js';
import { ElementOutput } from '../engine/players/output.js';

/** Media time 0 is at 1000 s; segments of a second, the open one is 5: it began 0.3 s ago. */
const NOW = 1005.3;
const list = {
  openNumber: 5, openDate: 1005,
  segments: [1, 2, 3, 4].map((number) => ({ number, date: 1000 + number, duration: 1 })),
};

/** A player with media up to this media time, s. */
function playerOf(t, target, end) {
  const host = {
    source: 'http://h/live/ll.m3u8', video: new EventTarget(), clock: { now: () => NOW * 1000, offset: 0 },
    measureClock() {},
  };
  const player = new FramePlayer(host, target, new ElementOutput(host));
  t.after(() => player.stop());
  player.feeds.current = { end: () => end, close() {} };
  player.timeline.offset = 1000;
  return player;
}

suite('the first segment of the frame player', () => {
  for (const [target, end, number] of [
    [0.07, null, 5], [0.25, null, 5], [1, null, 4], [2, null, 3], [60, null, 1],
    // After a reconnection: media that is buffered is not loaded again.
    [0.07, 5.1, 5], [1, 5.1, 5], [1, 4.5, 5], [1, 4.001, 4], [1, 3.5, 4], [2, 1.5, 3],
  ]) {
    test(`target ${target} s, media up to ${end}: ${number}`, (t) => {
      assert.equal(playerOf(t, target, end).firstNumber(list), number);
    });
  }

  test('without dates, or for media of an unknown time, it is the open one', (t) => {
    assert.equal(playerOf(t, 2, null).firstNumber({ ...list, openDate: null }), 5);
    const player = playerOf(t, 2, 1.5);
    player.timeline.offset = null;
    assert.equal(player.firstNumber(list), 5);
  });
});

suite('the attempts of the frame player', () => {
  const { fetch, document } = globalThis;

  after(() => Object.assign(globalThis, { fetch, document }));

  const number = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const box = (name, ...content) => {
    const bytes = content.flat();
    return [...number(bytes.length + 8), ...Buffer.from(name), ...bytes];
  };
  const chunk = [
    ...box('moof', box('traf', box('tfdt', [0, 0, 0, 0], number(5000)))), ...box('mdat', [1]),
  ];

  test('are rare while the audio is refused, though video arrives', async (t) => {
    let playlists = 0, now = 0;
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    t.mock.method(performance, 'now', () => now);
    t.mock.method(Math, 'random', () => 0);
    globalThis.document = { hidden: false };
    globalThis.fetch = async (url) => (String(url).includes('audio')
      ? new Response('', { status: 425 })
      : new Response(new ReadableStream({
        start(body) { body.enqueue(new Uint8Array(chunk)); },
      })));
    const track = (name) => ({
      renditions: [], openNumber: 5, openDate: 1005, map: `http://h/${name}/init.mp4`, ended: false,
      segments: [{ uri: `http://h/${name}/segment4.m4s`, duration: 1, number: 4, date: 1004 }],
    });
    const host = {
      source: 'http://h/ll.m3u8', video: new EventTarget(), clock: { now: () => NOW * 1000, offset: 0 },
      measureClock() {}, status() {}, learnServices() {}, sync: null, untilJoined: async () => {},
      setTargets() {}, addEvent() {}, unsupported: (reason) => assert.fail(reason),
    };
    const player = new FramePlayer(host, 0.07, new ElementOutput(host));
    t.after(() => player.stop());
    player.loadPlaylist = async () => {
      playlists += 1;
      return { ...track('video'), audio: track('audio') };
    };
    player.feeds.current = {
      headers: 'http://h/video/init.mp4 http://h/audio/init.mp4', isStreaming: true, isIdle: true,
      video: { append() {} }, audio: { append() {} }, end: () => null, ranges: () => null,
      start: () => null, gapEnd: () => null, close() {}, prepare() {}, hasTracks: () => true,
    };
    player.start();
    for (; now < 2000; now += 10) {
      t.mock.timers.tick(10);
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    // After 50, 100, 200, 400 and 800 ms, and the time of the requests.
    assert.ok(playlists >= 5 && playlists <= 7, `${playlists} playlists in 2 s`);
  });

  test('end for the live edge, with the answer of the server to a probe', (t) => {
    const player = playerOf(t, 0.07, null), asked = [];
    player.attempts.abandonStill = (...values) => asked.push(values);
    player.toEdge(1000, false);
    player.toEdge(2000);
    assert.deepEqual(asked, [[1000, false], [2000, true]]);
  });

  test('a stall just after a lost connection is no reason for a longer target', (t) => {
    const player = playerOf(t, 0.07, null);
    assert.ok(player.wasConnectedSince(600));
    player.lostAt = 1000;
    assert.ok(!player.wasConnectedSince(1080));
    assert.ok(player.wasConnectedSince(3000));
  });
});
