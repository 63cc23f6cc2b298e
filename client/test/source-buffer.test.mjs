// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SourceBufferQueue } from '../engine/feed/source-buffer.js';

/** A source whose buffer is busy after each call until `updated`, as in a browser. */
function opened() {
  const calls = [];
  const buffer = Object.assign(new EventTarget(), {
    updating: false, buffered: { length: 0 },
    changeType(type) {
      if (this.updating) throw new DOMException('updating', 'InvalidStateError');
      calls.push(type);
    },
    appendBuffer(bytes) {
      assert.ok(!this.updating);
      this.updating = true;
      calls.push([...bytes]);
    },
  });
  const source = { readyState: 'open', addSourceBuffer: () => buffer };
  const failures = [];
  const queue = new SourceBufferQueue(
    { currentTime: 0 }, source, 'a', (reason) => failures.push(reason));
  const updated = () => {
    buffer.updating = false;
    buffer.dispatchEvent(new Event('updateend'));
  };
  return { queue, buffer, calls, failures, updated };
}

const bytes = (...values) => new Uint8Array(values);

suite('a source buffer', () => {
  test('bytes of one type are appended together, in order', () => {
    const { queue, calls, updated } = opened();
    for (const value of [1, 2, 3]) queue.append(bytes(value));
    updated();
    assert.deepEqual(calls, [[1], [2, 3]]);
  });

  test('it is idle, once, when the browser has taken the last bytes', () => {
    const { queue, updated } = opened();
    let count = 0;
    queue.onAppended = () => { count += queue.isIdle ? 1 : 0; };
    assert.ok(queue.isIdle);
    queue.append(bytes(1));
    queue.append(bytes(2));
    updated();
    assert.ok(!queue.isIdle && count === 0);
    updated();
    assert.ok(queue.isIdle && count === 1);
  });

  test('the type changes after the bytes of the former type', () => {
    const { queue, calls, failures, updated } = opened();
    queue.append(bytes(1));
    queue.append(bytes(2));
    queue.changeType('b', bytes(10));
    queue.append(bytes(11));
    queue.changeType('a', bytes(20));
    for (let i = 0; i < 4; i += 1) updated();
    assert.deepEqual(calls, [[1], [2], 'b', [10, 11], 'a', [20]]);
    assert.deepEqual(failures, []);
  });

  test('bytes for a full buffer keep their type', () => {
    const { queue, buffer, calls, failures, updated } = opened();
    const append = buffer.appendBuffer;
    buffer.buffered = { length: 1, start: () => 0, end: () => 20 };
    buffer.remove = () => { buffer.updating = true; };
    queue.trimmedAt = performance.now();
    buffer.appendBuffer = () => { throw new DOMException('full', 'QuotaExceededError'); };
    queue.changeType('b', bytes(1));
    buffer.appendBuffer = append;
    updated();
    assert.deepEqual(calls, ['b', [1]]);
    assert.deepEqual(failures, []);
  });

  test('another position removes all media before the next append, and keeps the header', () => {
    const { queue, buffer, calls, updated } = opened();
    buffer.remove = (...range) => {
      buffer.updating = true;
      calls.push(range);
    };
    queue.append(bytes(1));
    queue.append(bytes(2));
    queue.changeType('a', bytes(10));
    buffer.buffered = { length: 1, start: () => 0, end: () => 20 };
    queue.clear();
    assert.ok(!queue.isIdle);
    queue.append(bytes(3));
    for (let i = 0; i < 3; i += 1) updated();
    assert.deepEqual(calls, [[1], [0, Infinity], [10, 3]]);
    assert.ok(queue.isIdle);
  });

  test('media ahead of the position stays if its requests bound it', () => {
    const { queue, buffer } = opened();
    const removed = [];
    buffer.remove = (...range) => removed.push(range);
    buffer.buffered = { length: 1, start: () => 0, end: () => 3600 };
    queue.keepsAhead = true;
    assert.ok(!queue.trim(10, 30));
    queue.video.currentTime = 20;
    assert.ok(queue.trim(10, 30));
    queue.keepsAhead = false;
    assert.ok(queue.trim(10, 30));
    assert.deepEqual(removed, [[0, 10], [0, 3570]]);
  });
});
