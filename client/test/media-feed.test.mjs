// SPDX-License-Identifier: Apache-2.0
// Gaps of buffered media: where playback continues after chunks that were never sent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MediaFeed } from '../page/media-feed.js';

/** @param {[number, number][]} ranges @param {object} state */
function feedWith(ranges, state) {
  const buffered = {
    length: ranges.length, start: (i) => ranges[i][0], end: (i) => ranges[i][1],
  };
  const feed = new MediaFeed({ seeking: false, readyState: 4, buffered, ...state }, () => {});
  feed.video = { buffer: { buffered } };
  return feed;
}

describe('the end of a gap', () => {
  const ranges = [[0, 10.93], [11, 11.2], [12, 20]];
  for (const [name, state, end] of [
    ['no gap while the range plays', { currentTime: 10.5 }, null],
    ['no gap near the end of a range that plays', { currentTime: 10.8 }, null],
    ['waiting near the end of a range', { currentTime: 10.8, readyState: 2 }, 12],
    ['waiting in a gap shorter than 0.1 s', { currentTime: 10.91, readyState: 2 }, 12],
    ['waiting in a long gap', { currentTime: 11.5, readyState: 2 }, 12],
    ['waiting at the start of the last range', { currentTime: 12, readyState: 2 }, null],
    ['waiting behind the last range', { currentTime: 20, readyState: 2 }, null],
  ]) {
    test(name, () => assert.equal(feedWith(ranges, state).gapEnd(), end));
  }
});
