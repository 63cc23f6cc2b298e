// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EdgeReturn } from '../engine/clock/edge-return.js';

const TARGET = 0.35, STEP = 0.05;

/**
 * A player that loads at `speed` times the playback rate, from a stream with a key frame each
 * second: the latency at each step of 50 ms, and the times of the seeks.
 */
function played({ latency: begin, speed = 1, seconds = 10, group = 1, rate = 1 }) {
  const edge = new EdgeReturn(), seeks = [], latencies = [];
  let latency = begin, position = 10;
  for (let now = 0; now < seconds; now += STEP) {
    const live = position + latency;
    const starts = [];
    for (let start = Math.floor((live - 6) / group) * group; start <= live; start += group) {
      starts.push(start);
    }
    const start = edge.step(now, latency, TARGET, position, starts);
    if (start !== null) {
      seeks.push(Number(now.toFixed(2)));
      latency -= start - position;
      position = start;
    } else {
      position += rate * STEP;
      latency -= (rate - 1) * STEP + (speed - 1) * STEP;
    }
    latencies.push(latency);
  }
  return { seeks, latencies };
}

suite('the return to the live edge', () => {
  for (const [name, course, seeks, highest] of [
    ['at the target nothing is sought', { latency: 0.36 }, [0, 0], 0.4],
    ['half a second too late is left to the playback rate', { latency: 1 }, [0, 0], 1],
    ['a player that stays late seeks once', { latency: 3 }, [1, 1], 0.75],
    ['from very late too', { latency: 12 }, [1, 1], 0.75],
    ['a latency that falls by itself is left alone', { latency: 3, rate: 1.4 }, [0, 0], 0.5],
    ['one that falls slowly is not', { latency: 4, rate: 1.05 }, [1, 1], 0.75],
    ['long groups of pictures: to the nearest start', { latency: 8, group: 4 }, [1, 1], 5],
  ]) {
    test(name, () => {
      const found = played(course);
      assert.ok(found.seeks.length >= seeks[0] && found.seeks.length <= seeks[1], `${found.seeks}`);
      const last = found.latencies.at(-1);
      assert.ok(last <= highest, `${last} s at the end`);
      if (found.seeks.length > 0) assert.ok(found.seeks[0] < 4.2, `${found.seeks}`);
    });
  }

  test('on a link that never recovers the seeks become rare', () => {
    const { seeks } = played({ latency: 0.4, speed: 0.6, seconds: 120 });
    const gaps = seeks.slice(1).map((at, i) => at - seeks[i]);
    assert.ok(gaps[0] >= 4 && gaps.at(-1) >= 32, `${gaps}`);
    assert.ok(seeks.length < 9, `${seeks}`);
  });

  test('a short time late is no reason', () => {
    const edge = new EdgeReturn();
    for (const [now, latency] of [[0, 2], [1, 2], [1.4, 0.4], [1.5, 2], [2.9, 2]]) {
      assert.equal(edge.step(now, latency, TARGET, 10, [9, 10, 11]), null);
    }
    assert.equal(edge.step(3.05, 1.6, TARGET, 10, [9, 10, 11]), 11);
  });

  test('without a start that gains enough nothing is sought', () => {
    const edge = new EdgeReturn();
    for (let now = 0; now < 20; now += 1) {
      assert.equal(edge.step(now, 1.2, TARGET, 10.4, [8, 9, 10]), null);
      assert.equal(edge.step(now, 1.2, TARGET, 10.4, []), null);
    }
  });
});
