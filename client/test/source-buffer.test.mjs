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
});
