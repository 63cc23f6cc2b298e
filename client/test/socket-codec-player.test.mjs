// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { CodecOutput } from '../engine/players/codec-output.js';
import { SocketPlayer } from '../engine/players/socket-player.js';

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** A player in a browser of the test, its sockets, and the reasons to play without one. */
function playing(t, { hasSockets = true, status = 426 } = {}) {
  const before = {}, sockets = [], reasons = [];
  const replace = (name, value) => {
    before[name] = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  replace('document', {
    hidden: false, addEventListener() {},
    createElement: () => ({
      setAttribute() {}, addEventListener() {}, remove() {}, getContext: () => ({}),
    }),
  });
  replace('requestAnimationFrame', () => 1);
  replace('cancelAnimationFrame', () => {});
  replace('VideoDecoder', class {});
  replace('fetch', async () => new Response('', { status }));
  replace('WebSocket', class extends EventTarget {
    static OPEN = 1;

    constructor(url) {
      super();
      this.url = url;
      this.readyState = 1;
      this.sent = [];
      sockets.push(this);
    }

    send(text) { this.sent.push(JSON.parse(text)); }

    close() { this.readyState = 3; }
  });
  if (!hasSockets) delete globalThis.WebSocket;
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.mock.method(Math, 'random', () => 0);
  const host = {
    source: 'http://h/live.m3u8', clock: { learn() {}, now: () => 0 }, sync: null, shown() {},
    video: { paused: false, getAttribute: () => null, after() {}, addEventListener() {} },
    status() {}, setTargets() {}, setSource() {}, notice() {},
    unsupported: (reason) => assert.fail(reason),
    withoutSocket(reason) {
      reasons.push(reason);
      player.stop();
    },
  };
  const player = new SocketPlayer(host, 0.04, new CodecOutput(host), 'raw');
  t.after(() => {
    player.stop();
    mock.timers.reset();
    for (const [name, descriptor] of Object.entries(before)) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  });
  player.start();
  return { player, sockets, reasons };
}

const receive = (socket, message) => socket.onmessage({ data: JSON.stringify(message) });

suite('WebCodecs over a WebSocket', () => {
  test('a server that is busy is asked again, and is no failure of the decoder', async (t) => {
    const { sockets, reasons } = playing(t);
    for (let count = 1; count <= 6; count += 1) {
      assert.equal(sockets.length, count);
      sockets.at(-1).onopen?.();
      receive(sockets.at(-1), { t: 'error', code: 'cannot-start', msg: 'failed', retry: 1000 });
      mock.timers.tick(1000);
      await settled();
    }
    assert.deepEqual(reasons, []);
  });

  test('asks for frames without boxes, and appends each to its track at its time', async (t) => {
    const { player, sockets: [socket] } = playing(t), appended = [];
    socket.dispatchEvent(new Event('open'));
    assert.equal(socket.sent.find(({ t: name }) => name === 'subscribe').format, 'raw');
    const track = (name) => ({
      appendSample({ time, end, isKey, data }) {
        appended.push([name, time, end, isKey, ...data]);
      },
    });
    player.feeds.current = {
      ...track('video'), audio: track('audio'), video: {}, close() {}, end: () => null,
      ranges: () => null,
    };
    for (const [cid, name, timescale, frame] of [[1, 'v', 90000, 3000], [2, 'a', 48000, 1024]]) {
      receive(socket, {
        t: 'subscribed', cid, rendition: '720p', track: name, mime: 'video/mp4', timescale, frame,
        epoch: 1000, tracks: ['v', 'a'],
      });
    }
    const message = (channel, flags, captured, delta) => {
      const view = new DataView(new ArrayBuffer(26));
      view.setUint8(0, 4);
      view.setUint8(1, 16 | flags);
      view.setUint16(2, channel);
      view.setBigUint64(12, BigInt(captured));
      view.setInt32(20, delta);
      view.setUint16(24, 0x0807);
      return { data: view.buffer };
    };
    socket.onmessage(message(1, 1, 5e6, -1e6));
    socket.onmessage(message(2, 1, 4e6, 5e5));
    socket.onmessage(message(1, 0, 1795155720000000, 33333));
    socket.onmessage(message(9, 1, 4e6, 0));
    const end = (time, ticks, scale) => time + ticks / scale;
    assert.deepEqual(appended, [
      ['video', 3, end(3, 3000, 90000), true, 8, 7],
      ['audio', 3.5, end(3.5, 1024, 48000), true, 8, 7],
      ['video', 1795155719.033333, end(1795155719.033333, 3000, 90000), false, 8, 7],
    ]);
  });

  for (const [status, reason] of [[426, /does not serve/], [401, /refuses/]]) {
    test(`a socket that does not open (${status}) is not tried again`, async (t) => {
      const { sockets, reasons } = playing(t, { status });
      sockets[0].onclose({ code: 1006, reason: '' });
      for (let elapsed = 0; elapsed < 3000; elapsed += 100) {
        await settled();
        mock.timers.tick(100);
      }
      assert.equal(sockets.length, 1);
      assert.match(reasons.join(), reason);
    });
  }

  test('a connection that was open is opened again', async (t) => {
    const { sockets, reasons } = playing(t);
    sockets[0].onopen();
    sockets[0].onclose({ code: 1006, reason: '' });
    await settled();
    mock.timers.tick(1000);
    await settled();
    assert.deepEqual([sockets.length, reasons], [2, []]);
  });

  test('a server that does not know the format', (t) => {
    const { sockets, reasons } = playing(t);
    receive(sockets[0], { t: 'error', code: 'unknown-format', msg: 'unknown format' });
    assert.deepEqual(reasons, ['unknown format']);
  });

  test('a browser without WebSockets', (t) => {
    const { reasons } = playing(t, { hasSockets: false });
    assert.match(reasons.join(), /no WebSockets/);
  });

  test('frames that are sent later than published do not raise the target', (t) => {
    const { player, sockets: [socket] } = playing(t), delays = [], decoded = [];
    const { output, positioner } = player;
    output.newFeed = ({ onDecoded }) => {
      decoded.push((time) => onDecoded(output.decodeDelays, time));
      return { video: {}, appendSample() {}, close() {}, end: () => null, ranges: () => null };
    };
    output.decodeDelays.add = (now, wallTime) => delays.push(wallTime);
    player.feeds.renew();
    player.timeline.offset = 1;
    player.delays.video.add = (now, wallTime) => delays.push(wallTime);
    socket.dispatchEvent(new Event('open'));
    receive(socket, {
      t: 'switching', cid: 1, rendition: '720p', track: 'v', mime: 'video/mp4', timescale: 90000,
      frame: 3000, epoch: 1000, tracks: ['v'],
    });
    for (const [flags, captured] of [[1 | 8, 5e6], [8, 6e6], [0, 7e6]]) {
      const view = new DataView(new ArrayBuffer(26));
      view.setUint8(0, 4);
      view.setUint8(1, 16 | flags);
      view.setUint16(2, 1);
      view.setBigUint64(12, BigInt(captured));
      positioner.state = { name: 'placed', since: 0, position: 0 };
      socket.onmessage({ data: view.buffer });
      decoded.at(-1)(captured / 1e6 - 1);
    }
    assert.deepEqual(delays, [7, 7]);
  });
});
