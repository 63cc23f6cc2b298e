// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { quantile, Samples } from '../shared/statistics.js';
import { typescript } from './load.mjs';

const { Jitter } = await typescript('terminal/jitter.ts');

suite('statistics', () => {
  test('quantiles', () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([1, 2, 3, 4], 1), 4);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  test('the spread is of the latest samples', () => {
    const samples = new Samples(4);
    assert.equal(samples.spread(), null);
    for (const value of [100, 1, 2, 3, 4]) samples.add(value);
    assert.deepEqual(samples.spread(), { count: 5, min: 1, median: 3, p95: 4, max: 4 });
    samples.clear();
    assert.equal(samples.spread(), null);
  });

  test('jitter compares arrivals with media time', () => {
    const jitter = new Jitter();
    assert.equal(jitter.add(0, 0), null);
    assert.equal(jitter.add(104, 100), 4);
    assert.equal(jitter.add(200, 200), 4);
    assert.equal(jitter.take(), 4);
    assert.equal(jitter.take(), null);
    jitter.interrupt();
    assert.equal(jitter.add(9000, 300), null);
  });
});
