// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dayOf, frameTimeOf, hourOf, secondOf, sinceTime } from '../shared/day-time.js';

/** Unix ms of a time in the zone of this machine. */
const at = (...parts) => new Date(2026, 10, ...parts).getTime();

suite('times for people', () => {
  test('24 hours with two digits, whatever the locale is', () => {
    assert.equal(hourOf(at(26, 0, 5, 9)), '00:05');
    assert.equal(secondOf(at(26, 15, 2, 8)), '15:02:08');
    assert.equal(frameTimeOf(at(26, 15, 2, 8, 7)), '15:02:08.007');
    assert.equal(frameTimeOf(at(26, 15, 2, 8) - 0.4), '15:02:08.000');
  });

  test('the day is today, yesterday, or has a date', () => {
    const now = at(26, 0, 10);
    assert.equal(dayOf(at(26, 0, 1), now), 'today');
    assert.equal(dayOf(at(25, 23, 59), now), 'yesterday');
    assert.equal(dayOf(at(24, 23, 59), now), 'Tue 24 Nov');
    assert.equal(sinceTime(at(26, 0, 1), now), '00:01');
    assert.equal(sinceTime(at(25, 16, 41), now), 'yesterday, 16:41');
    assert.equal(sinceTime(at(19, 9, 12), now), 'Thu 19 Nov, 09:12');
  });
});
