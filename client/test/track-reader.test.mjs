// SPDX-License-Identifier: Apache-2.0
// Segments whose responses are cut, as by an origin that ends behind a cache.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readTrack } from '../engine/transport/track-reader.js';

/** @param {string} type @param {...number[]} parts */
function box(type, ...parts) {
  const body = parts.flat();
  return [0, 0, 0, body.length + 8, ...Buffer.from(type), ...body];
}

/** A chunk with one byte of media; `sequence` is the number of the fragment. */
function chunk(time, media, sequence = 0) {
  const tfdt = box('tfdt', [0, 0, 0, 0], [0, 0, 0, time]);
  return [...box('moof', box('mfhd', [0, 0, 0, 0, 0, 0, 0, sequence]), box('traf', tfdt)),
    ...box('mdat', [media])];
}

/**
 * Reads responses until the track ends; a response is a list of pieces of bytes. After them it is
 * cut ('cut') or complete ('end'), or there is only a status, or none ('refused').
 */
async function read(t, ...responses) {
  const seen = [], { fetch } = globalThis;
  t.after(() => { globalThis.fetch = fetch; });
  globalThis.fetch = async (url) => {
    seen.push(`GET ${url}`);
    const next = responses.shift() ?? ['refused'];
    if (!Array.isArray(next)) return new Response(new ReadableStream(next));
    if (typeof next[0] === 'number') return new Response('', { status: next[0] });
    if (next[0] === 'refused') throw new TypeError('Failed to fetch');
    return new Response(new ReadableStream({
      async pull(controller) {
        const piece = next.shift();
        if (piece === 'cut') controller.error(new TypeError('network error'));
        else if (piece === 'end') controller.close();
        else controller.enqueue(new Uint8Array(piece));
      },
    }));
  };
  const track = {
    namesOf: () => names, first: 7, duration: 10, timescale: 1,
    onCut: () => seen.push('cut'), onRestart: () => seen.push('restart'),
  };
  const names = { urlOf: (/** @type {number} */ number) => `${number}`, folder: '' };
  const { signal } = new AbortController();
  const reading = readTrack(track, signal, ({ time, bytes }, number, isFirst) => (
    seen.push(`${number}:${time}=${bytes[bytes.length - 1]}${isFirst ? ' first' : ''}`)));
  await assert.rejects(reading, (error) => {
    seen.push(error.message);
    return true;
  });
  return seen;
}

suite('a response that is cut', () => {
  test('marks the requests of two seconds after it, for a cache with two origins', async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const late = { pull: (controller) => { now = 2001; controller.close(); } };
    assert.deepEqual(await read(t, [chunk(1, 10), 'cut'], [chunk(1, 10), chunk(9, 20), 'end'],
      late, [404]), ['GET 7', '7:1=10 first', 'cut', 'GET 7?repeat', '7:9=20', 'GET 8?repeat',
      'GET 9', 'status 404 for segment 9']);
  });

  test('is continued by the same media of another response, whose moof differs', async (t) => {
    const first = [chunk(1, 10), [...chunk(2, 20), ...chunk(3, 30).slice(0, 9)], 'cut'];
    const again = [...chunk(1, 10, 5), ...chunk(2, 20, 6), ...chunk(3, 30, 7)];
    assert.deepEqual(await read(t, first, [again, chunk(4, 40), 'end']), [
      'GET 7', '7:1=10 first', '7:2=20', 'cut', 'GET 7?repeat', '7:3=30', '7:4=40',
      'GET 8?repeat', 'cut',
      'GET 8?repeat', 'Failed to fetch',
    ]);
  });

  test('is replaced by other media from their start on', async (t) => {
    assert.deepEqual(await read(t, [chunk(1, 10), chunk(2, 20), chunk(3, 30), 'cut'],
      [chunk(1, 10), chunk(2, 21), chunk(3, 31), 'end'], [503]), [
      'GET 7', '7:1=10 first', '7:2=20', '7:3=30', 'cut', 'GET 7?repeat', 'restart', '7:1=10',
      '7:2=21',
      '7:3=31', 'GET 8?repeat', 'status 503 for segment 8',
    ]);
  });

  test('with another time is other media', async (t) => {
    assert.deepEqual(await read(t, [chunk(1, 10), 'cut'], [chunk(2, 10), 'end'], [404]), [
      'GET 7', '7:1=10 first', 'cut', 'GET 7?repeat', 'restart', '7:2=10', 'GET 8?repeat',
      'status 404 for segment 8',
    ]);
  });

  test('is requested again once; without a chunk the connection is lost', async (t) => {
    assert.deepEqual(await read(t, ['cut'], ['cut']), [
      'GET 7', 'cut', 'GET 7?repeat', 'network error']);
    assert.deepEqual(await read(t, ['refused'], [chunk(1, 10), 'end'], ['refused'],
      [chunk(9, 90).slice(0, 20), 'end']), [
      'GET 7', 'cut', 'GET 7?repeat', '7:1=10 first', 'GET 8?repeat', 'cut', 'GET 8?repeat',
      'segment 8 ended within a chunk',
    ]);
  });

  test('may also have ended within a chunk', async (t) => {
    assert.deepEqual(await read(t, [chunk(1, 10), chunk(2, 20).slice(0, 30), 'end'],
      [chunk(1, 10), chunk(2, 20), 'end'], [410]), [
      'GET 7', '7:1=10 first', 'cut', 'GET 7?repeat', '7:2=20', 'GET 8?repeat',
      'status 410 for segment 8',
    ]);
  });

  test('is not requested again after a refusal, or a fault of the page', async (t) => {
    assert.deepEqual(await read(t, [403]), ['GET 7', 'status 403 for segment 7']);
    const broken = [...chunk(1, 10)];
    broken[3] = 2;
    assert.deepEqual(await read(t, [broken, 'end']),
      ['GET 7', 'invalid size of box "moof": 2']);
  });
});
