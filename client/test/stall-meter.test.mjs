// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { StallMeter } from '../engine/clock/stall-meter.js';

/** A meter of an element that has stalled for 200 ms, and the time of the start. */
function stalled(t) {
  const { document } = globalThis;
  globalThis.document = { hidden: false };
  t.after(() => { globalThis.document = document; });
  const video = { currentTime: 1, readyState: 2, paused: false, seeking: false };
  const meter = new StallMeter(video);
  meter.hasPlayed = true;
  meter.begin(0);
  const at = meter.startedAt;
  assert.equal(meter.update(at + 200), null);
  return { meter, video, at };
}

/** The duration of a stall, to a millisecond. */
const rounded = ({ seconds }) => Math.round(seconds * 1000) / 1000;

suite('stalls', () => {
  test('a stall ends when the position advances', (t) => {
    const { meter, video, at } = stalled(t);
    video.readyState = 4;
    for (const [time, position] of [[250, 1.05], [280, 1.08]]) {
      video.currentTime = position;
      assert.equal(meter.update(at + time), null);
    }
    video.currentTime = 1.1;
    assert.equal(rounded(meter.update(at + 300)), 0.2);
    assert.equal(rounded(meter.stalls[0]), 0.2);
  });

  test('a pause ends a stall, and does not count', (t) => {
    const { meter, video, at } = stalled(t);
    video.paused = true;
    assert.equal(rounded(meter.update(at + 250)), 0.2);
    assert.equal(meter.update(at + 9000), null);
    assert.deepEqual(meter.stalls.map(rounded), [0.2]);
  });

  test('the end of a stream ends a stall', (t) => {
    const { meter, at } = stalled(t);
    assert.equal(rounded(meter.end()), 0.2);
    assert.equal(meter.end(), null);
    assert.equal(meter.update(at + 9000), null);
  });
});
