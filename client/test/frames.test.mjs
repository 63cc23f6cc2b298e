// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FramePlayer } from '../page/players/frames.js';

/** Media time 0 is at 1000 s; segments of a second, the open one is 5: it began 0.3 s ago. */
const NOW = 1005.3;
const list = {
  openNumber: 5, openDate: 1005,
  segments: [1, 2, 3, 4].map((number) => ({ number, date: 1000 + number, duration: 1 })),
};

/** A player with media up to this media time, s. */
function playerOf(t, target, end) {
  const player = new FramePlayer({
    source: 'http://h/live/ll.m3u8', video: {}, clock: { now: () => NOW * 1000, offset: 0 },
    measureClock() {},
  }, target);
  t.after(() => player.stop());
  player.feed = { end: () => end, close() {} };
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
