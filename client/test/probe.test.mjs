// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';
import { arrivesWithin } from '../engine/renditions/probe.js';

/** A segment of one second with 1 Mbit/s, and the limit of its probe, s. */
const BYTES = 125_000, LIMIT = 0.6;
const { fetch, performance } = globalThis;

/**
 * A server with one segment behind a line of `rate(from)` bit/s; returns the ranges that it was
 * asked for. The time is that of the line.
 * @param {{ bytes?: number, rate: (from: number) => number, hasRanges?: boolean,
 *   status?: number }} line
 */
function serving({ bytes = BYTES, rate, hasRanges = true, status = 206 }) {
  const asked = [];
  let now = 0;
  globalThis.performance = { now: () => now };
  globalThis.fetch = async (url, { headers }) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.Range).map(Number);
    asked.push([from, to]);
    now += 200;  // a round trip
    const begin = hasRanges ? from : 0, end = hasRanges ? Math.min(bytes, to + 1) : bytes;
    const fields = hasRanges ? { 'Content-Range': `bytes ${begin}-${end - 1}/${bytes}` } : {};
    return {
      ok: status < 300, status: hasRanges ? status : 200, headers: new Headers(fields),
      arrayBuffer: async () => {
        now += (end - begin) * 8000 / rate(begin);
        return new ArrayBuffer(end - begin);
      },
    };
  };
  return asked;
}

const probe = () => arrivesWithin('video.m4s', BYTES, LIMIT, new AbortController().signal);

suite('probe', () => {
  afterEach(() => Object.assign(globalThis, { fetch, performance }));

  test('a fast line brings the whole segment, each byte once', async () => {
    const asked = serving({ rate: () => 1_800_000 });
    assert.equal(await probe(), true);
    assert.equal(asked[0][0], 0);
    for (let n = 1; n < asked.length; n += 1) assert.equal(asked[n][0], asked[n - 1][1] + 1);
    assert.ok(asked[asked.length - 1][1] >= BYTES - 1);
    assert.ok(asked.length <= 4, `${asked.length} requests`);
  });

  test('a line with half of the rate gets one small piece', async () => {
    const asked = serving({ rate: () => 800_000 });
    assert.equal(await probe(), false);
    assert.equal(asked.length, 1);
    assert.ok(asked[0][1] < BYTES / 10);
  });

  test('a line that becomes slow gets no further piece', async () => {
    const asked = serving({ rate: (from) => (from < 30_000 ? 5_000_000 : 500_000) });
    assert.equal(await probe(), false);
    assert.ok(asked[asked.length - 1][1] < BYTES - 1);
  });

  test('the round trip does not count', async () => {
    serving({ rate: () => 1_000_000_000 });
    assert.equal(await probe(), true);
  });

  test('a segment with another size than expected ends at its end', async () => {
    for (const bytes of [3_000, 60_000, 400_000]) {
      const asked = serving({ bytes, rate: () => 1_000_000_000 });
      assert.equal(await probe(), true);
      assert.ok(asked[asked.length - 1][1] >= bytes - 1);
    }
  });

  test('a server without ranges sends the whole segment', async () => {
    const asked = serving({ rate: () => 1_800_000, hasRanges: false });
    assert.equal(await probe(), true);
    assert.equal(asked.length, 1);
    serving({ rate: () => 1_500_000, hasRanges: false });
    assert.equal(await probe(), false);
  });

  test('a segment that is gone is an error', async () => {
    serving({ rate: () => 1_000_000, status: 404 });
    await assert.rejects(probe(), /status 404/);
  });
});
