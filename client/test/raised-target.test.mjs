// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RaisedTarget } from '../engine/clock/raised-target.js';

const BASE = 0.12;
/** With this lateness of the media, 0.26 s is missing at the target, and 0.05 s. */
const LATE = 0.34, LITTLE_LATE = 0.13;

/** A target that has been played from for some seconds, without a stall. */
function started() {
  const raised = new RaisedTarget();
  raised.step(0, BASE, 0.06);
  return raised;
}

/** Media comes late, and a stall ends. */
function disturb(raised, now, { lateness = LATE, seconds = 0.2 } = {}) {
  raised.step(now, BASE, lateness);
  raised.stalled(now, seconds);
}

/** The raise at a time. */
const at = (raised, now) => raised.step(now, BASE, 0.06);

/** The raise at `until`, with a step every 50 ms since `from`. */
function after(raised, from, until) {
  let raise = 0;
  for (let now = from; now <= until; now += 0.05) raise = at(raised, now);
  return raise;
}

const near = (value, expected) => assert.ok(
  Math.abs(value - expected) < 1e-9, `${value}, expected ${expected}`);

suite('raised target', () => {
  test('one disturbance raises the target by at most 0.06 s, until 1.2 s after it', () => {
    const raised = started();
    for (const now of [10, 10.5, 11, 11.5]) disturb(raised, now);
    near(at(raised, 12.6), 0.06);
    assert.equal(at(raised, 12.8), 0);
  });

  test('each further one within a minute doubles what it may be raised by', () => {
    const raised = started();
    disturb(raised, 10);
    for (const [now, raise] of [[15, 0.06], [20, 0.12], [25, 0.24]]) {
      disturb(raised, now);
      near(at(raised, now + 3), raise);
    }
  });

  test('the raise is never above the lack of media that the line has shown', () => {
    const raised = started();
    for (const now of [10, 15, 20, 25, 30, 35]) disturb(raised, now);
    near(at(raised, 37), 0.26);
    const little = started();
    for (const now of [10, 15, 20, 25, 30, 35]) {
      disturb(little, now, { lateness: LITTLE_LATE, seconds: 0.12 });
    }
    near(at(little, 37), 0.05);
  });

  test('without late media it is kept for 6 s, then halved each second', () => {
    const raised = started();
    for (const now of [10, 15, 20, 25]) disturb(raised, now);
    near(after(raised, 25.05, 30.9), 0.24);
    near(after(raised, 30.95, 31.9), 0.12);
    near(after(raised, 31.95, 32.9), 0.06);
    assert.equal(after(raised, 32.95, 35), 0);
  });

  test('late media that causes no stall keeps it', () => {
    const raised = started();
    for (const now of [10, 15, 20, 25]) disturb(raised, now);
    raised.step(29, BASE, LATE);
    near(after(raised, 29.05, 34), 0.24);
  });

  test('disturbances that return after it has fallen keep it longer', () => {
    const raised = started();
    for (const [now, hold] of [[10, 6], [22, 6], [34, 6], [46, 12], [70, 24]]) {
      disturb(raised, now);
      assert.equal(raised.hold, hold, `at ${now} s`);
      after(raised, now + 0.05, now + 11.9);
      after(raised, now + 12, now + 23.9);
    }
  });

  test('a disturbance after more than a minute is a first one', () => {
    const raised = started();
    disturb(raised, 10);
    disturb(raised, 71);
    assert.equal(at(raised, 75), 0);
  });

  test('stalls without an end are another disturbance after 5 s', () => {
    const raised = started();
    for (let now = 10; now < 16; now += 0.5) disturb(raised, now);
    near(at(raised, 18), 0.06);
  });

  test('an outage counts half, and raises nothing by itself', () => {
    const raised = started();
    for (const now of [10, 20, 30, 40, 50]) {
      for (let missing = 0; missing < 2; missing += 0.05) {
        raised.step(now - 2 + missing, BASE, BASE + missing);
      }
      raised.stalled(now, 2);
      assert.equal(at(raised, now), 0);
    }
  });

  test('stalls below 0.1 s count a quarter', () => {
    const raised = started();
    for (let now = 10; now < 44; now += 5) {
      disturb(raised, now, { lateness: LITTLE_LATE, seconds: 0.05 });
      assert.equal(at(raised, now + 2), 0);
    }
    disturb(raised, 45, { lateness: LITTLE_LATE, seconds: 0.05 });
    near(at(raised, 47), 0.05);
  });

  test('stalls in the first 3 s do not count', () => {
    const raised = started();
    for (const now of [0.5, 1.2, 2, 2.9]) disturb(raised, now);
    disturb(raised, 10);
    assert.equal(at(raised, 12), 0);
  });
});
