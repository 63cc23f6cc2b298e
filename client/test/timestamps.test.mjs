// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newestPart, newestPartOf, timestampsOf } from '../shared/timestamps.js';
import { typescript } from './load.mjs';

const { RestartDetector } = await typescript('terminal/restarts.ts');

suite('/timestamps.json', () => {
  const response = {
    timestamp: 1000e9, segments: {},
    parts: {
      'segment00009.9.m4s': 999.7e9, 'segment00010.2.m4s': 999.9e9, 'segment00010.10.m4s': 999.95e9,
    },
    captures: { 'segment00010.10.m4s': 999.84e9, 'segment00009.9.m4s': 1 },
    clock: { synchronized: true, offsetEstimateNs: 120000 },
  };

  test('the newest part is found by its numbers, not by its spelling', () => {
    assert.equal(newestPart(Object.keys(response.parts)), 'segment00010.10.m4s');
    const timestamps = timestampsOf(response), { age, delay } = newestPartOf(timestamps);
    assert.deepEqual([age.toFixed(3), delay.toFixed(3)], ['160.000', '110.000']);
    const { synchronized, estimate } = timestamps.clock;
    assert.deepEqual([synchronized, estimate.toFixed(3)], [true, '0.120']);
  });

  test('malformed responses have no newest part', () => {
    for (const odd of [null, {}, { parts: {} }, { parts: { x: 1 } }, [], 'x']) {
      assert.equal(newestPartOf(timestampsOf(odd)).delay, null);
      assert.equal(new RestartDetector().take(timestampsOf(odd)).delay, null);
    }
  });

  test('a server that has lost its newest part was restarted', () => {
    const detector = new RestartDetector();
    const take = (value) => detector.take(timestampsOf(value)).restarted;
    assert.equal(take(response), false);
    const parts = { ...response.parts, 'segment00011.0.m4s': 1e12 };
    assert.equal(take({ ...response, parts }), false);
    assert.equal(take({ parts: { 'segment00014.0.m4s': 1e12 } }), true);
    assert.equal(take({ parts: {} }), true);
    assert.equal(take({ parts: {} }), false);
  });
});
