// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { partAfter, readingAhead } from '../engine/players/read-ahead.js';

/** @type {any[]} the loaders that were made */
let made = [];

/** A loader of hls.js whose responses the test gives. */
class Loader {
  constructor() {
    this.stats = { loaded: 0, loading: { start: 0, first: 0, end: 0 } };
    this.isDestroyed = false;
    made.push(this);
  }

  load(context, policy, callbacks) { Object.assign(this, { context, callbacks }); }

  /** The part is complete. */
  succeed(start, end) {
    Object.assign(this.stats.loading, { start, first: start + 1, end });
    this.callbacks.onSuccess({ data: this.context.url }, this.stats, this.context, 'details');
  }

  fail() { this.callbacks.onError({ code: 404 }, this.context, 'details', this.stats); }

  abort() { this.callbacks?.onAbort(this.stats, this.context, 'details'); }

  destroy() { this.isDestroyed = true; }
}

const fragment = { type: 'main', sn: 7, level: 0 };
const parts = ['a', 'b', 'c'].map((url, index) => ({ url, index, fragment }));
/** The URLs that were requested. */
const requested = () => made.filter(({ context }) => context).map(({ context }) => context.url);

suite('parts are requested one ahead', () => {
  let calls, Class;
  const load = (index, list = parts) => {
    const loader = new (Class ??= readingAhead(Loader, (context) => partAfter(list, context)))({});
    const context = { url: parts[index].url, frag: fragment, part: parts[index] };
    const callbacks = Object.fromEntries(['onSuccess', 'onError', 'onAbort'].map((name) => [
      name, (...values) => calls.push([name, parts[index].url, ...values]),
    ]));
    loader.load(context, {}, callbacks);
    return loader;
  };
  beforeEach(() => { [made, calls, Class] = [[], [], null]; });

  test('the next listed part is requested with a part, and given when it is asked for', () => {
    load(0);
    assert.deepEqual(requested(), ['a', 'b']);
    const [first, early] = made;
    first.succeed(0, 10);
    const second = load(1);
    assert.deepEqual(requested(), ['a', 'b', 'c']);
    early.succeed(0, 20);
    assert.deepEqual(calls.map(([name, url, { data }]) => [name, url, data]), [
      ['onSuccess', 'a', 'a'], ['onSuccess', 'b', 'b']]);
    assert.equal(calls[1][3], second.stats, 'the statistics are those that hls.js reads');
    assert.equal(calls[1][4], second.context);
    assert.deepEqual(second.stats.loading, { start: 10, first: 10, end: 20 });
  });

  test('a part that is complete before it is asked for is given at once', () => {
    load(0);
    made[1].succeed(0, 5);
    made[0].succeed(0, 10);
    const second = load(1);
    assert.deepEqual(calls.map(([, url]) => url), ['a', 'b']);
    assert.deepEqual(second.stats.loading, { start: 0, first: 1, end: 5 });
  });

  test('without a next listed part nothing is requested early', () => {
    load(2);
    assert.deepEqual(requested(), ['c']);
  });

  test('a part that failed early is requested again', () => {
    load(0);
    made[0].succeed(0, 10);
    load(1, parts.slice(0, 2));
    made[1].fail();
    assert.deepEqual(requested(), ['a', 'b', 'c', 'b']);
    assert.equal(calls.length, 1);
    made.at(-1).succeed(20, 30);
    assert.deepEqual(calls.at(-1).slice(0, 2), ['onSuccess', 'b']);
  });

  test('another request, an abort and the end of a loader drop it', () => {
    const first = load(0);
    first.abort();
    assert.ok(made[1].isDestroyed);
    load(0);
    const early = made.at(-1);
    load(2);
    assert.ok(early.isDestroyed);
    const last = load(1);
    const dropped = made.at(-1);
    last.destroy();
    assert.ok(dropped.isDestroyed);
  });

  test('a gap, a part of a file and another list have no next part', () => {
    const context = { frag: fragment, part: parts[0] };
    assert.equal(partAfter(parts, context), parts[1]);
    assert.equal(partAfter([parts[0], { ...parts[1], gap: true }], context), null);
    assert.equal(partAfter([parts[0], { ...parts[1], byteRangeEndOffset: 9 }], context), null);
    assert.equal(partAfter([parts[1]], context), null);
    assert.equal(partAfter(null, context), null);
  });

  test('audio and segments are loaded as they are', () => {
    const loader = new (readingAhead(Loader, () => assert.fail()))({});
    const callbacks = {};
    loader.load({ url: 'x', frag: { type: 'audio' }, part: parts[0] }, {}, callbacks);
    assert.equal(made[0].callbacks, callbacks);
    loader.load({ url: 'y', frag: fragment }, {}, callbacks);
    assert.deepEqual(requested(), ['y']);
  });
});
