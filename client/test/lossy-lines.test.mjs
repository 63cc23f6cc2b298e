// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { quantile } from '../shared/statistics.js';
import { lossyLine } from './lossy-line.mjs';
import { playback } from './playback.mjs';

/** Media is late by this at a line without losses, s: half a round trip, and the encoder. */
const DELAY = 0.03;
const TARGET = 0.07;
/** The losses begin at this time, s: until then the player has found its place. */
const FROM = 19.5;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** A shorter stall is not visible, s. */
const VISIBLE = 0.03;

/** 50 % loss for 0.2 s each `every` s, from 20 s to `until`. */
const bursts = (every, until) => (time) => (
  time > FROM && time < until && time % every < 0.2 ? 0.5 : 0);

/** The latency in calm times, its p95 until `until`, the stalls, and when it is back. */
function played(line, seconds, until = seconds) {
  const { latencies, stalls, lengths } = playback({
    target: TARGET, seconds, network: lossyLine(line), delay: DELAY, hasMinimum: true,
  });
  const between = (from, end) => latencies.filter(([at]) => at >= from && at < end)
    .map(([, latency]) => latency);
  const calm = quantile(between(10, FROM), 0.5);
  const late = latencies.filter(([at, latency]) => at >= until && latency > calm + 0.1);
  return {
    calm, p95: quantile(between(FROM, until), 0.95),
    stalls: stalls.filter((at, i) => at > FROM && lengths[i] > VISIBLE),
    backAfter: (late.at(-1)?.[0] ?? until) - until,
  };
}

/** All seeds of a line. */
const all = (line, ...times) => SEEDS.map((seed) => played({ ...line, seed }, ...times));

suite('the latency over lines with losses, round trip 50 ms', () => {
  for (const [name, line] of [['steady', {}], ['30 ms of jitter', { jitter: 0.03 }]]) {
    test(`${name}: no stall, and the latency of calm times`, () => {
      for (const { calm, p95, stalls } of all(line, 60)) {
        assert.deepEqual(stalls, []);
        assert.ok(calm < 0.11 && p95 < calm + 0.01, `${calm} s, p95 ${p95} s`);
      }
    });
  }

  for (const [loss, most, highest] of [[0.01, 0.16, 0.21], [0.03, 0.208, 0.21]]) {
    test(`${100 * loss} % loss: p95 ${most} s, and a visible stall each 20 s`, () => {
      const found = all({ loss: () => loss }, 60);
      const p95s = found.map(({ p95 }) => p95);
      assert.ok(quantile(p95s, 0.5) < most && Math.max(...p95s) < highest, `${p95s}`);
      const stalls = found.reduce((sum, one) => sum + one.stalls.length, 0);
      assert.ok(stalls <= SEEDS.length * (60 - FROM) / 20, `${stalls} stalls`);
    });
  }

  test('one burst: the latency is back within 2 s', () => {
    for (const { stalls, backAfter } of all({ loss: bursts(20, 30) }, 50, 20.2)) {
      assert.ok(stalls.length <= 2, `${stalls}`);
      assert.ok(backAfter < 2, `${backAfter} s`);
    }
  });

  test('a burst each 5 s: the latency is back within 9 s of the last one', () => {
    for (const { p95, stalls, backAfter } of all({ loss: bursts(5, 36) }, 60, 35.2)) {
      assert.ok(stalls.length <= 6, `${stalls}`);
      assert.ok(p95 < 0.36, `p95 ${p95} s`);
      assert.ok(backAfter < 9, `${backAfter} s`);
    }
  });

  test('a burst each 5 s for two minutes: most of them cause no stall', () => {
    for (const { stalls } of all({ loss: bursts(5, 140) }, 140)) {
      assert.ok(stalls.length <= 9, `${stalls} of 24`);
    }
  });

  for (const every of [10, 12, 20]) {
    test(`nothing arrives for 0.3 s each ${every} s: no stall after the fifth`, () => {
      const network = (time) => (
        time > FROM && time % every < 0.3 ? time - (time % every) + 0.3 : time);
      const { stalls, lengths } = playback({
        target: TARGET, seconds: 240, network, delay: DELAY, hasMinimum: true,
      });
      const visible = stalls.filter((at, i) => at > FROM && lengths[i] > VISIBLE);
      assert.ok(visible.length <= 5, `${visible}`);
    });
  }
});
