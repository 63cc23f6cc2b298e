// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { withPartWeights } from '../engine/players/hls-settings.js';

/** The samples that reach the estimator of hls.js, as [ms, bytes]. */
function samplesOf(hls, downloads) {
  const samples = [];
  class AbrController {
    constructor() { this.hls = hls; }

    initEstimator() { return { sample: (ms, bytes) => samples.push([ms, bytes]) }; }
  }
  const estimator = new (withPartWeights(AbrController))().initEstimator();
  for (const [ms, bytes] of downloads) estimator.sample(ms, bytes);
  return samples;
}

suite('bandwidth samples of hls.js', () => {
  const levels = [{ maxBitrate: 400_000 }, { maxBitrate: 2_500_000 }];
  const hls = { levels, latestLevelDetails: { partTarget: 0.1 } };

  test('a fast part weighs its duration, at most at twice the bitrate of the top rendition', () => {
    assert.deepEqual(samplesOf(hls, [[5, 31_250]]), [[100, 62_500]]);
    assert.deepEqual(samplesOf(hls, [[50, 12_500]]), [[100, 25_000]]);
  });

  test('a slow part is counted unchanged', () => {
    assert.deepEqual(samplesOf(hls, [[200, 25_000]]), [[200, 25_000]]);
  });

  test('without levels and parts the weight is 50 ms, and the bitrate has no limit', () => {
    assert.deepEqual(samplesOf({}, [[10, 1_000_000]]), [[50, 5_000_000]]);
  });
});
