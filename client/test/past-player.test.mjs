// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PastExtent } from '../engine/server/past-extent.js';
import { PastPlayer } from '../engine/players/past-player.js';
import { pastStateAfter } from '../engine/players/past-state.js';

suite('the state of a player of the past', () => {
  const states = ['opening', 'placed', 'playing', 'over'];
  for (const [event, ...after] of [
    ['open', 'opening', 'opening', 'opening', 'opening'],
    ['place', 'placed', 'placed', 'playing', 'over'],
    ['arrive', 'opening', 'playing', 'playing', 'over'],
    ['end', 'opening', 'placed', 'over', 'over'],
    ['seek', 'opening', 'placed', 'playing', 'placed'],
  ]) {
    for (const [index, state] of states.entries()) {
      test(`${state}, ${event}: ${after[index]}`, () => {
        assert.equal(pastStateAfter(state, event), after[index]);
      });
    }
  }
});

/** A player of a recording of ten seconds from 1000 on, without a network; what it reports. */
function opened(t) {
  const reported = [], video = { currentTime: 0, playbackRate: 1, paused: false, seeking: false };
  const host = {
    video, clock: { now: () => 2e6 }, source: 'http://h/live/ll.m3u8', addCaptions() {},
    status: (status, text) => reported.push(`${status} ${text}`),
  };
  const extent = new PastExtent({
    from: 1000, to: 1010, live: false, frameRate: [30, 1], framesPerSegment: 30,
    renditions: [{ name: 'v0', headers: [] }, { name: 'v1', headers: [] }],
  });
  const reach = { url: 'http://h/live/dvr.json', load: async () => extent };
  const player = new PastPlayer(host, reach, { at: 1002, rate: 1 }, {
    onEdge: () => reported.push('edge'), onRefused: (reason) => reported.push(reason),
  });
  player.extent = extent;
  player.open = async () => {};
  const ranges = { length: 1, start: () => 1000, end: () => 1010 };
  const queue = () => ({ clear() {}, append() {}, isIdle: true, buffer: { buffered: ranges } });
  /** The buffers are open, and each segment arrives at once. */
  const play = async () => {
    player.feed.video = queue();
    player.feed.gapEnd = () => null;
    player.tracks = [{ name: 'v0', hash: '', url: '', names: {} }];
    player.feed.headers = '';
    player.segment = async () => new Uint8Array(1);
    await player.follow();
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  t.after(() => player.stop());
  return { player, video, reported, play };
}

suite('a player of the past', () => {
  test('is live when media of its position has arrived, once', async (t) => {
    const { player, reported, play } = opened(t);
    assert.deepEqual([player.date(), player.latency()], [1002, null]);
    player.update();
    assert.deepEqual(reported, []);
    await play();
    assert.deepEqual([player.state, reported], ['playing', ['live Past']]);
    assert.ok(player.latency() > 0);
    player.seekTo(1005);
    assert.deepEqual([player.state, reported], ['playing', ['live Past']]);
  });

  test('reports the end of a recording once', async (t) => {
    const { player, video, reported, play } = opened(t);
    await play();
    video.currentTime = 1009.95;
    for (let i = 0; i < 3; i += 1) player.update();
    assert.deepEqual([player.state, reported], ['over', ['live Past', 'wait Ended']]);
  });

  for (const isBuffered of [true, false]) {
    test(`is live after a seek from the end, buffered: ${isBuffered}`, async (t) => {
      const { player, video, reported, play } = opened(t);
      await play();
      video.currentTime = 1009.95;
      player.update();
      player.feed.ranges = () => ({
        length: 1, start: () => (isBuffered ? 1000 : 1008), end: () => 1010,
      });
      player.seekTo(1003);
      for (let i = 0; i < 20; i += 1) await Promise.resolve();
      assert.equal(player.state, 'playing');
      assert.deepEqual(reported, ['live Past', 'wait Ended', 'live Past']);
      player.update();
      video.currentTime = 1009.95;
      player.update();
      assert.deepEqual([player.state, reported.at(-1)], ['over', 'wait Ended']);
    });
  }

  test('keeps its instant after a failure, and with another rendition', async (t) => {
    const { player, video, reported, play } = opened(t);
    await play();
    video.currentTime = 1004;
    player.recover('append: full');
    assert.deepEqual([player.state, player.date(), player.at], ['opening', 1004, 1004]);
    video.currentTime = 0;
    assert.deepEqual([player.date(), player.latency()], [1004, null]);
    await play();
    assert.deepEqual(reported, ['live Past', 'wait Reconnecting', 'live Past']);
    Object.assign(player.ladder, { names: ['a', 'b'], uris: ['http://h/v0/p', 'http://h/v1/p'] });
    video.currentTime = 1006;
    player.chooseRendition('b');
    assert.deepEqual([player.state, player.date()], ['opening', 1006]);
  });
});
