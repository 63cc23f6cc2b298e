// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { ServerClock } from '../shared/clock.js';
import { isWithoutSockets, StatusError, waitOf } from '../shared/errors.js';
import { FramePlayer } from '../engine/players/frame-player.js';
import { ElementOutput } from '../engine/players/output.js';

suite('the wait after an error', () => {
  for (const [status, retryAfter, wait] of [
    [403, null, 65000], [410, null, 65000], [429, '60', 60000], [429, null, 5000],
    [404, null, 1000], [503, '1', 1000], [503, null, 5000], [503, '9999', 120000],
    [503, 'Sun, 22 Nov 2026 03:00:00 GMT', 5000], [502, null, 0],
  ]) {
    test(`status ${status}, Retry-After ${retryAfter}: ${wait} ms`, () => {
      const headers = retryAfter === null ? {} : { 'Retry-After': retryAfter };
      assert.equal(waitOf(new StatusError('x', new Response('', { status, headers }))), wait);
    });
  }

  test('none after the loss of a connection', () => {
    assert.equal(waitOf(new TypeError('Failed to fetch')), 0);
  });
});

suite('the address of a WebSocket that did not open', () => {
  for (const [status, isMissing] of [
    [200, true], [301, true], [400, true], [405, true], [426, true], [501, true],
    [404, false], [429, false], [500, false], [502, false], [503, false], [504, false],
  ]) {
    test(`answers with ${status}: no socket will open: ${isMissing}`, () => {
      assert.equal(isWithoutSockets(status), isMissing);
    });
  }
});

suite('the frame player', () => {
  for (const [name, respond, least, most, ends = false] of [
    ['a stream that the page ends is not requested again',
      async () => new Response('', { status: 404 }), 1, 1, true],
    ['a refused playlist is not requested again for a minute',
      async () => new Response('invalid playback token', { status: 403 }), 1, 1],
    ['a lost connection is tried again soon',
      async () => { throw new TypeError('Failed to fetch'); }, 100, 300],
  ]) {
    test(name, async (t) => {
      let count = 0;
      const problems = [], { fetch } = globalThis;
      globalThis.fetch = () => {
        count += 1;
        return respond();
      };
      mock.timers.enable({ apis: ['setTimeout'] });
      const host = {
        source: 'http://h/live/ll.m3u8', video: new EventTarget(), clock: new ServerClock(), measureClock() {},
        status: (...status) => problems.push(status[2]), refused: () => ends,
      };
      const player = new FramePlayer(host, 0.12, new ElementOutput(host));
      t.after(() => {
        player.stop();
        mock.timers.reset();
        globalThis.fetch = fetch;
      });
      player.start();
      for (let elapsed = 0; elapsed < 60000; elapsed += 50) {
        await new Promise((resolve) => { setImmediate(resolve); });
        mock.timers.tick(50);
      }
      assert.ok(count >= least && count <= most, `${count} requests`);
      assert.equal(problems.length, ends ? 0 : count);
      if (most > 1 || ends) return;
      assert.match(problems[0], /invalid playback token\); trying again in 65 s$/);
    });
  }
});
