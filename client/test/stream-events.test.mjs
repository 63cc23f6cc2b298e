// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChunkSplitter } from '../engine/cmaf/chunks.js';
import {
  EventQueue, eventOf, eventOfDateRange, eventOfMessage, eventsOfCues,
} from '../engine/transport/stream-events.js';

test('an event is raised once, with the frame of its time', async () => {
  const raised = [];
  const queue = new EventQueue(({ id }) => raised.push(id));
  queue.add({ id: 2, time: 1040, data: null });
  queue.add({ id: 1, time: 1000, data: null });
  queue.update(990, 1, 5);
  assert.deepEqual(raised, []);
  queue.update(1001, 1, 5);
  assert.deepEqual(raised, [1]);
  queue.add({ id: 1, time: 1000, data: null });
  queue.update(1030, 1, 50);
  assert.deepEqual(raised, [1]);
  await sleep(30);
  assert.deepEqual(raised, [1, 2]);
  queue.close();
});

test('while playback stands still nothing is raised; an old event is not raised', async () => {
  const raised = [];
  const queue = new EventQueue(({ id }) => raised.push(id));
  queue.add({ id: 1, time: 1010, data: null });
  queue.update(1000, 0, 50);
  await sleep(30);
  assert.deepEqual(raised, []);
  queue.update(20000, 1, 50);
  assert.deepEqual(raised, []);
  queue.update(20050, 1, 50);
  queue.close();
});

test('messages and date ranges become events; others do not', () => {
  assert.deepEqual(eventOf('{"id":7,"time":12.5,"data":{"a":1}}'),
    { id: 7, time: 12.5, data: { a: 1 } });
  for (const text of ['', '{}', '{"id":1}', '{"id":"1","time":2,"data":1}', 'null']) {
    assert.equal(eventOf(text), null);
  }
  const startDate = new Date(1000);
  const attr = { CLASS: 'urn:streamer:event', 'X-DATA': '{%22a%22: %22100 %25%22}' };
  assert.deepEqual(eventOfDateRange({ id: 'event-3', startDate, attr }),
    { id: 3, time: 1000, data: { a: '100 %' } });
  assert.equal(eventOfDateRange({ id: 'ad-3', startDate, attr }), null);
  assert.equal(eventOfDateRange({ id: 'event-3', startDate, attr: { ...attr, 'X-DATA': '{' } }),
    null);
});

test('cues of Safari become events; incomplete and other cues do not', () => {
  const cue = (startTime, key, data, type = 'com.apple.quicktime.HLS') => (
    { type, startTime, value: { key, data } });
  assert.deepEqual(eventsOfCues([
    cue(2, 'X-EVENT-ID', '7'), cue(4.25, 'X-DATA', '{%22a%22: %22100 %25%22}'),
    cue(4.25, 'X-EVENT-ID', '8'), cue(2, 'X-DATA', '[1]'),
    cue(4.25, 'X-EVENT-ID', '9'), cue(4.25, 'X-DATA', 'null'),
  ], 1000), [
    { id: 7, time: 3000, data: [1] }, { id: 8, time: 5250, data: { a: '100 %' } },
    { id: 9, time: 5250, data: null },
  ]);
  for (const cues of [
    [cue(2, 'X-EVENT-ID', '7')], [cue(2, 'X-DATA', '1')],
    [cue(2, 'X-EVENT-ID', 'x'), cue(2, 'X-DATA', '1')],
    [cue(2, 'X-EVENT-ID', '7'), cue(2, 'X-DATA', '{')],
    [cue(2, 'X-EVENT-ID', '7'), cue(2, 'X-DATA', '%')],
    [cue(2, 'X-EVENT-ID', '7', 'org.id3'), cue(2, 'X-DATA', '1', 'org.id3')],
    [cue(NaN, 'X-EVENT-ID', '7'), cue(NaN, 'X-DATA', '1')],
    [{ type: 'com.apple.quicktime.HLS', startTime: 1 }],
  ]) assert.deepEqual(eventsOfCues(cues, 0), []);
  const cues = [1, 20].flatMap((startTime) => [
    { type: 'com.apple.quicktime.HLS', startTime, value: { key: 'X-EVENT-ID', data: startTime } },
    { type: 'com.apple.quicktime.HLS', startTime, value: { key: 'X-DATA', data: '1' } }]);
  assert.deepEqual(eventsOfCues(cues, 0, 10), [{ id: 20, time: 20000, data: 1 }]);
});

/** @param {string} type @param {Uint8Array} body */
function box(type, body) {
  const bytes = new Uint8Array(8 + body.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(body, 8);
  return bytes;
}

/** @param {string} scheme @param {string} data */
function message(scheme, data) {
  const texts = new TextEncoder().encode(`${scheme}\0${1}\0${data}`);
  const body = new Uint8Array(24 + texts.length), view = new DataView(body.buffer);
  view.setUint8(0, 1);
  view.setUint32(4, 30000);
  view.setBigUint64(8, 45000n);
  view.setUint32(20, 9);
  body.set(texts, 24);
  return box('emsg', body);
}

test('a chunk has the messages in front of its moof; nonsense is no event', () => {
  const tfdt = box('tfdt', new Uint8Array(8));
  const moof = box('moof', box('traf', tfdt)), mdat = box('mdat', new Uint8Array(1));
  const good = message('urn:streamer:event', '[1]');
  const splitter = new ChunkSplitter();
  const chunks = splitter.push(Uint8Array.from([
    ...box('styp', new Uint8Array(4)), ...good, ...moof, ...mdat, ...moof, ...mdat]));
  assert.deepEqual(chunks.map(({ messages }) => messages.length), [1, 0]);
  assert.deepEqual(eventOfMessage(chunks[0].messages[0], 10), { id: 9, time: 11500, data: [1] });
  assert.equal(eventOfMessage(message('urn:other', '[1]'), 0), null);
  assert.equal(eventOfMessage(message('urn:streamer:event', '['), 0), null);
  for (let end = 0; end < good.length; end += 1) {
    assert.equal(eventOfMessage(good.subarray(0, end), 0), null);
  }
});
