// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parametersOf } from '../page/parameters.js';
import { wallTimeOf } from '../page/wall-clock.js';

test('the wall clock has milliseconds, in UTC', () => {
  assert.equal(wallTimeOf(Date.UTC(2026, 10, 29, 15, 22, 8, 120)), '15:22:08.120 UTC');
  assert.equal(wallTimeOf(Date.UTC(2026, 10, 29) + 0.9), '00:00:00.000 UTC');
});

test('?clock=1 shows it', () => {
  for (const [query, expected] of [['', false], ['?clock=1', true], ['?clock', true],
    ['?clock=0', false], ['?embed&clock=1', true]]) {
    assert.equal(parametersOf(`http://h/live/${query}`).page.hasClock, expected, query);
  }
});
