// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';

import { VideoSender } from '../publish/video-sender.js';

/** A frame of a source. */
class Frame {
  constructor(source = {}, { timestamp = 0 } = {}) {
    Object.assign(this, { displayWidth: 64, displayHeight: 36, ...source, timestamp });
  }

  close() {}
}

/** An encoder that takes frames until it fails. */
class Encoder {
  constructor(callbacks) {
    Object.assign(this, { callbacks, state: 'unconfigured', encodeQueueSize: 0, frames: 0 });
  }

  static isConfigSupported(config) { return Promise.resolve({ supported: true, config }); }

  configure() { this.state = 'configured'; }

  encode({ timestamp }) {
    this.frames += 1;
    this.callbacks.output({ timestamp, byteLength: 1, type: 'key' });
  }

  flush() { return Promise.resolve(); }

  fail(message) {
    this.state = 'closed';
    this.callbacks.error({ message });
  }

  close() { this.state = 'closed'; }
}

suite('the video of a publisher page', () => {
  beforeEach(() => {
    const document = { createElement: () => ({ getContext: () => null }) };
    Object.assign(globalThis, { VideoEncoder: Encoder, VideoFrame: Frame, document });
  });
  afterEach(() => {
    for (const name of ['VideoEncoder', 'VideoFrame', 'document']) delete globalThis[name];
  });

  /** Gives the sender a second of frames of 30 a second. */
  async function play(sender, from) {
    for (let index = 0; index < 30; index += 1) {
      sender.take(new Frame(), from + index * 33.4);
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }

  test('after a failure of the encoder the next connection has another encoder', async () => {
    const failures = [];
    const sender = new VideoSender({
      describe: () => {}, onFrame: () => {}, isCongested: () => false,
      onFailure: (reason) => failures.push(reason),
    }, 1000);
    const start = 1_795_000_000_000;
    sender.begin(1000);
    await play(sender, start);
    await play(sender, start + 1002);
    const { encoder } = sender;
    assert.ok(encoder.frames > 10);
    encoder.fail('out of memory');
    sender.pause();
    assert.deepEqual(failures, ['out of memory']);
    sender.begin(1000);
    await play(sender, start + 2004);
    await play(sender, start + 3006);
    assert.notEqual(sender.encoder, encoder);
    assert.ok(sender.encoder.frames > 10);
  });
});
