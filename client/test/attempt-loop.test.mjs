// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { UnsupportedError } from '../shared/errors.js';
import { AttemptLoop } from '../engine/players/attempt-loop.js';
import { SegmentError } from '../engine/transport/track-reader.js';

/** Attempts that end as `follow` does, and what the loop reports; `tick` lets time pass, ms. */
function attemptsOf(t, follow, { hasPlayed = false } = {}) {
  const stopping = new AbortController(), reported = [], begun = [], expected = [];
  let now = 0, onStreaming = () => {};
  mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(Math, 'random', () => 0);
  const loop = new AttemptLoop({
    source: 'http://h/live/ll.m3u8', status: (...status) => reported.push(status[2]),
    unsupported: (reason) => reported.push(reason),
  }, { expect: (at, patience) => expected.push(patience) }, stopping.signal, {
    follow: (signal) => {
      begun.push(now);
      return follow(signal, begun.length);
    },
    feed: () => ({ untilStreaming: () => new Promise((resolve) => { onStreaming = resolve; }) }),
    hasPlayed: () => hasPlayed, onLost: () => {},
  });
  t.after(() => {
    stopping.abort();
    mock.timers.reset();
  });
  const settled = () => new Promise((resolve) => { setImmediate(resolve); });
  const tick = async (duration) => {
    for (const end = now + duration; now < end; now += 10) {
      mock.timers.tick(10);
      await settled();
    }
  };
  return { loop, begun, expected, reported, settled, tick, stream: () => onStreaming() };
}

/** Lasts until the attempt is abandoned. */
const endless = (signal) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason));
});
const lost = () => { throw new TypeError('Failed to fetch'); };

suite('the attempts of the frame player in turn', () => {
  test('follow after 50, 100, 200 and 250 ms, and after a success soon again', async (t) => {
    const { loop, begun, settled, tick } = attemptsOf(t, async (_, count) => {
      if (count === 6) loop.succeeded();
      lost();
    });
    void loop.run();
    await settled();
    await tick(1100);
    const between = begun.slice(1, 7).map((at, i) => at - begun[i]);
    for (const [i, least] of [50, 100, 200, 250, 250, 50].entries()) {
      assert.ok(between[i] >= least - 10 && between[i] <= least + 10, `${i}: ${between[i]} ms`);
    }
  });

  test('another rendition follows at once', async (t) => {
    const { loop, begun, reported, settled } = attemptsOf(t, endless);
    void loop.run();
    loop.failures = 3;
    loop.leaveRendition();
    await settled();
    assert.deepEqual([begun, reported, loop.failures], [[0, 0], [], 0]);
    assert.ok(loop.running && !loop.running.signal.aborted);
  });

  test('have little patience after one without an answer', async (t) => {
    const { loop, expected, settled, tick } = attemptsOf(t, endless);
    void loop.run();
    for (let i = 0; i < 3; i += 1) {
      loop.abandonUnanswered();
      await settled();
      await tick(300);
    }
    assert.deepEqual(expected, [undefined, 600, 1200, 2400]);
  });

  for (const [name, follow, hasPlayed, message] of [
    ['a stream that cannot be played', async () => { throw new UnsupportedError('HEVC'); }, false,
      /^HEVC$/],
    ['an origin without the open segment', async () => { throw new SegmentError(5, 404); }, false,
      /does not serve the open segment/],
    ['a segment that is missing for a while', async () => { throw new SegmentError(5, 404); }, true,
      /trying again/],
  ]) {
    test(`${name}: ${hasPlayed ? 'they continue' : 'none follows'}`, async (t) => {
      const { loop, begun, reported, settled, tick } = attemptsOf(t, follow, { hasPlayed });
      void loop.run();
      await settled();
      await tick(15000);
      const { length } = begun;
      await tick(5000);
      assert.equal(begun.length > length, hasPlayed);
      assert.match(reported.at(-1), message);
    });
  }

  test('wait while the browser wants no media', async (t) => {
    const { loop, begun, reported, settled, stream, tick } = attemptsOf(t, endless);
    void loop.run();
    loop.pause();
    await settled();
    await tick(1000);
    assert.deepEqual([begun.length, loop.isSuspended, loop.running], [1, true, null]);
    stream();
    await settled();
    assert.deepEqual([begun.length, loop.isSuspended, reported], [2, false, []]);
  });

  test('end because the picture stands still, if they have lasted a second', async (t) => {
    const { loop } = attemptsOf(t, endless);
    void loop.run();
    const { attempt, since } = loop.state;
    loop.abandonStill(since + 999, true);
    assert.ok(!attempt.signal.aborted);
    loop.abandonStill(since + 1002, true);
    assert.ok(attempt.signal.aborted);
    assert.equal(loop.unanswered, 0);
  });

  for (const [isAnswered, reason] of [[true, 'the picture stands still'], [false, 'no answer']]) {
    const server = isAnswered ? 'a server that answers' : 'an absent server';
    test(`end with the reason "${reason}" behind ${server}`, async (t) => {
      const { loop, reported, settled } = attemptsOf(t, endless);
      void loop.run();
      loop.abandonStill(loop.state.since + 1002, isAnswered);
      await settled();
      assert.deepEqual(reported, [`Interrupted (${reason}); trying again`]);
      assert.equal(loop.unanswered, isAnswered ? 0 : 1);
    });
  }
});
