// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  controlMessage, groupOf, mediaMessage, sampleOf, socketAddress,
} from '../engine/transport/llws.js';
import { parametersOf } from '../page/parameters.js';

suite('messages of llws.v1', () => {
  const bytes = [1, 5, 1, 2, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 5, 7, 8, 9];
  const buffer = (values) => new Uint8Array(values).buffer;

  test('a binary message has 12 bytes before its media', () => {
    assert.deepEqual(mediaMessage(buffer(bytes)), {
      kind: 1, flags: 5, channel: 258, sequence: 4294967294, sent: 5,
      captured: null, media: new Uint8Array([7, 8, 9]),
    });
  });

  test('with a capture time it has 20', () => {
    const long = [...bytes.slice(0, 12), 0, 0, 0, 0, 0, 0, 0, 1, 42];
    long[1] |= 16;
    const { captured, media } = mediaMessage(buffer(long));
    assert.deepEqual([captured, ...media], [1, 42]);
  });

  test('a coded frame has its time relative to the capture time; a shorter one is ignored', () => {
    const group = { epoch: 500, frame: 1001, timescale: 1000 };
    const message = { flags: 1, captured: 2e6, media: new Uint8Array([255, 255, 255, 254, 9]) };
    assert.deepEqual(sampleOf(message, group), {
      time: 1.499998, end: 1.499998 + 1.001, isKey: true, data: new Uint8Array([9]),
    });
    assert.equal(sampleOf({ ...message, flags: 8 }, group).isKey, false);
    assert.equal(sampleOf({ ...message, captured: null }, group), null);
    for (let count = 0; count < 4; count += 1) {
      assert.equal(sampleOf({ ...message, media: message.media.subarray(0, count) }, group), null);
    }
  });

  test('a shorter one is ignored, at every length', () => {
    for (let count = 0; count < 12; count += 1) {
      assert.equal(mediaMessage(buffer(bytes.slice(0, count))), null);
    }
    const long = bytes.map((byte, i) => (i === 1 ? 16 : byte));
    assert.equal(mediaMessage(buffer(long)), null);
    assert.equal(mediaMessage(buffer(bytes.slice(0, 12))).media.length, 0);
  });

  test('a control message is an object with a name', () => {
    assert.equal(controlMessage('{"t":"pong","x":1}').t, 'pong');
    for (const text of ['', '{', '[]', 'null', '1', '{"t":1}', '{}']) {
      assert.equal(controlMessage(text), null, text);
    }
  });

  test('a group has all of its members', () => {
    const group = {
      cid: 1, rendition: '720p', track: 'v', mime: 'video/mp4', timescale: 90000, frame: 3000,
      epoch: 0,
    };
    assert.deepEqual(groupOf({ ...group, t: 'subscribed' }), group);
    for (const name of Object.keys(group).filter((key) => key !== 'frame')) {
      assert.equal(groupOf({ ...group, [name]: undefined }), null, name);
    }
    assert.equal(groupOf({ ...group, frame: undefined }).frame, 0);
    assert.equal(groupOf({ ...group, frame: 'x' }), null);
  });
});

suite('the address of the socket', () => {
  for (const [source, expected] of [
    ['http://h:8080/live.m3u8', 'ws://h:8080/ws'],
    ['http://h/cam/playlist.m3u8', 'ws://h/cam/ws'],
    ['https://h/cam/manifest.mpd', 'wss://h/cam/ws'],
    ['https://h/t/abc/cam/playlist.m3u8?x=1', 'wss://h/t/abc/cam/ws'],
  ]) test(source, () => assert.equal(socketAddress(source), expected));
});

suite('the transport', () => {
  for (const [query, kind, isRefused] of [
    ['', null, false], ['transport=auto', null, false], ['transport=ws', 'ws', false],
    ['transport=http', 'frames', false], ['transport=hls', 'hlsjs', false],
    ['transport=dash', 'dashjs', false], ['transport=carrier', null, true],
    ['sync=lobby', 'ws', false], ['sync=lobby&player=frames', 'frames', false],
    ['transport=constructor', null, true], ['transport=http&player=ws', 'ws', false],
  ]) {
    test(query, () => {
      const parameters = parametersOf(`http://h/?${query}`);
      assert.equal(parameters.kind, kind);
      assert.equal(parameters.warnings.transport !== null, isRefused);
    });
  }
});
