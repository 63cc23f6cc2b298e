// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bestOffset } from '../shared/clock.js';

suite('server clock', () => {
  test('the sample with the shortest round trip counts; it is the time at its middle', () => {
    const samples = [
      { sent: 1000, received: 1100, server: 5000 }, { sent: 2000, received: 2010, server: 6005 },
      { sent: 3000, received: 3050, server: 0 },
    ];
    assert.deepEqual(bestOffset(samples), { offset: 4000, roundTrip: 10 });
  });

  test('without a sample there is no offset', () => assert.equal(bestOffset([]), null));
});
