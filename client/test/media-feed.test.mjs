// SPDX-License-Identifier: Apache-2.0
// Gaps of buffered media: where playback continues after chunks that were never sent.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { MediaFeed } from '../engine/feed/media-feed.js';

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

describe('a source that was closed before it has buffers', () => {
  const { MediaSource, window } = globalThis, { createObjectURL, revokeObjectURL } = URL;
  after(() => {
    Object.assign(globalThis, { MediaSource, window });
    Object.assign(URL, { createObjectURL, revokeObjectURL });
  });

  test('is replaced at the next attempt', async () => {
    const sources = [];
    globalThis.window = globalThis;
    globalThis.MediaSource = class extends EventTarget {
      static isTypeSupported() { return true; }

      constructor() {
        super();
        this.readyState = 'open';
        sources.push(this);
        setTimeout(() => this.dispatchEvent(new Event('sourceopen')));
      }

      addSourceBuffer() {
        if (this.readyState !== 'open') throw new Error('InvalidStateError');
        return Object.assign(new EventTarget(), { appendBuffer() {}, updating: false });
      }
    };
    Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL() {} });
    const feed = new MediaFeed({ buffered: { length: 0 }, currentTime: 0 }, assert.fail);
    const tracks = [{ type: 'video/mp4', header: new Uint8Array(1) }];
    feed.prepare();
    await new Promise((resolve) => { setTimeout(resolve, 10); });
    sources[0].readyState = 'closed';
    await assert.rejects(feed.open(tracks), /InvalidStateError/);
    await feed.open(tracks);
    assert.equal(sources.length, 2);
  });
});
