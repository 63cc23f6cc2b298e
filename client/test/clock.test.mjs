// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { agreeing, bestOffset, ServerClock } from '../shared/clock.js';

suite('server clock', () => {
  test('the sample with the shortest round trip counts; it is the time at its middle', () => {
    const samples = [
      { sent: 1000, received: 1100, server: 5000 }, { sent: 2000, received: 2010, server: 6005 },
      { sent: 3000, received: 3050, server: 0 },
    ];
    assert.deepEqual(bestOffset(samples), { at: 2005, offset: 4000, roundTrip: 10 });
  });

  test('samples from before a step of the clock do not count', () => {
    const sample = (sent, offset, roundTrip = 10) => (
      { sent, received: sent + roundTrip, server: sent + roundTrip / 2 + offset });
    const before = [sample(1, 0, 2), sample(2, 3)], after = sample(3, 900);
    assert.deepEqual(agreeing([...before, after]), [after]);
    assert.deepEqual(agreeing([...before, sample(3, 5)]), [...before, sample(3, 5)]);
    assert.deepEqual(agreeing([]), []);
  });

  test('the offset approaches a measurement by 0.5 ms in a second; a set clock counts at once',
    (t) => {
      let now = 1000;
      t.mock.method(performance, 'now', () => now);
      const clock = new ServerClock();
      clock.take({ offset: 90, roundTrip: 30 });
      now += 100;
      clock.take({ offset: 100, roundTrip: 10 });
      assert.equal(clock.offset, 100);
      now += 5000;
      clock.take({ offset: 104, roundTrip: 10 });
      assert.equal(clock.offset, 100);
      now += 2000;
      assert.ok(Math.abs(clock.offset - 101) < 1e-6);
      clock.take({ offset: 96, roundTrip: 10 });
      now += 2000;
      assert.ok(Math.abs(clock.offset - 100) < 1e-6);
      now += 60000;
      assert.equal(clock.offset, 96);
      clock.take({ offset: 700, roundTrip: 10 });
      assert.equal(clock.offset, 700);
      clock.take({ offset: 698, roundTrip: 1 });
      assert.equal(clock.offset, 700);
    });

  test('without a sample there is no offset', () => assert.equal(bestOffset([]), null));
});
