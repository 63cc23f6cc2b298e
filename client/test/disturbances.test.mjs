// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { playback } from './playback.mjs';

/** The time at which each disturbance begins, s. */
const START = 20;
const TARGETS = [0.12, 0.25, 0.37, 0.5];

/** Nothing arrives between `begin` and `end`. */
const frozen = (begin, end) => (time) => (time >= begin && time < end ? end : time);

/** Frames arrive at `share` of real time; afterwards at ten times real time. */
const throttled = (begin, end, share) => (time, before) => {
  if (time < begin) return time;
  const step = before < end ? 1 / 30 / share : 1 / 300;
  return Math.max(time, before + step - 0.02);
};

/** Three freezes of 0.4 s, one each second. */
const burst = (begin) => (time) => [0, 1, 2].reduce(
  (arrival, i) => frozen(begin + i, begin + i + 0.4)(arrival), time);

/** @type {[string, (time: number, before: number) => number, number][]} name, network, its end */
const DISTURBANCES = [
  ...[0.3, 0.5, 0.7, 1, 2, 3, 5].map((seconds) => (
    [`a freeze of ${seconds} s`, frozen(START, START + seconds), START + seconds])),
  ...[0.5, 0.8].map((share) => (
    [`5 s at ${share} of the bitrate`, throttled(START, START + 5, share), START + 5])),
  ['three freezes of 0.4 s', burst(START), START + 2.4],
  ['three freezes of 0.4 s at the start', burst(1), 3.4],
];

suite('return to the target after a disturbance', () => {
  for (const [name, network, end] of DISTURBANCES) {
    for (const target of TARGETS) {
      test(`${name}, target ${target} s: back within 5 s, without another stall`, () => {
        const seconds = end + 20, hasMinimum = true;
        const { latencies, stalls } = playback({ target, seconds, network, hasMinimum });
        const late = latencies.filter(([at, latency]) => at > end + 5 && latency > target + 0.05);
        assert.deepEqual(late.slice(0, 3), []);
        assert.deepEqual(stalls.filter((at) => at > end + 0.3), []);
      });
    }
  }

  test('an outage of 2 s each 20 s does not raise the target', () => {
    const outages = [20, 40, 60].map((at) => frozen(at, at + 2));
    const network = (time) => outages.reduce((arrival, outage) => outage(arrival), time);
    const { latencies } = playback({ target: 0.12, seconds: 80, network });
    for (const end of [27, 47, 67]) {
      const [, latency] = latencies.find(([at]) => at > end);
      assert.ok(latency < 0.17, `${latency} s at ${end} s`);
    }
  });

  test('short freezes that return raise the target: at most one stall in 30 s', () => {
    const network = (time) => (time % 6 < 0.3 && time > 5 ? time - (time % 6) + 0.3 : time);
    const { stalls, controller } = playback({ target: 0.12, seconds: 60, network });
    assert.ok(stalls.length >= 2, `${stalls}`);
    assert.ok(stalls.filter((at) => at > 30).length <= 1, `${stalls}`);
    assert.ok(controller.target > 0.25 && controller.target < 0.6, `${controller.target}`);
  });
});

suite('seeks', () => {
  test('the position is changed at most once for a freeze, and never for less than 0.5 s', () => {
    for (const [seconds, most] of [[0.4, 0], [2, 1], [5, 1]]) {
      const { latencies } = playback({
        target: 0.12, seconds: 40, network: frozen(START, START + seconds),
      });
      const falls = latencies.filter(([, latency], i) => (
        i > 0 && latencies[i - 1][1] - latency > 0.4));
      assert.ok(falls.length <= most, `${falls.length} seeks after ${seconds} s`);
    }
  });
});
