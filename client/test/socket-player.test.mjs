// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { SocketPlayer } from '../page/players/socket-player.js';

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** A player whose sockets are open at once, and the messages that it sends. */
function playing(t) {
  const sockets = [];
  const previous = globalThis.WebSocket;
  globalThis.WebSocket = class extends EventTarget {
    static OPEN = 1;

    constructor() {
      super();
      this.readyState = 1;
      this.sent = [];
      sockets.push(this);
    }

    send(text) { this.sent.push(JSON.parse(text)); }

    close() { this.readyState = 3; }
  };
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const player = new SocketPlayer({
    source: 'http://h/live.m3u8', video: {}, clock: { learn() {} }, sync: null,
    status() {}, unsupported: (reason) => assert.fail(reason), setTargets() {},
  }, 0.1);
  t.after(() => {
    player.stop();
    mock.timers.reset();
    globalThis.WebSocket = previous;
  });
  player.start();
  const open = () => sockets.at(-1).dispatchEvent(new Event('open'));
  open();
  const receive = (message) => sockets.at(-1).onmessage({ data: JSON.stringify(message) });
  const names = () => sockets.at(-1).sent.map(({ t: name, rendition }) => (
    rendition ? `${name} ${rendition}` : name)).filter((name) => name !== 'ping');
  return { player, sockets, open, receive, names };
}

suite('errors of the server', () => {
  test('a server that is busy is asked again after the time that it names', async (t) => {
    const { sockets, receive } = playing(t);
    for (let count = 1; count <= 8; count += 1) {
      receive({ t: 'error', code: 'busy', msg: 'too many streams run', retry: 5000 });
      mock.timers.tick(4999);
      await settled();
      assert.equal(sockets.length, count);
      mock.timers.tick(1);
      await settled();
      assert.equal(sockets.length, count + 1);
    }
  });

  test('without a time it is asked again soon', async (t) => {
    const { sockets, receive } = playing(t);
    receive({ t: 'error', code: 'unknown-channel', msg: 'no such channel', retry: 'x' });
    mock.timers.tick(50);
    await settled();
    assert.equal(sockets.length, 2);
  });

  test('a rendition that no longer exists is not requested again', (t) => {
    const { player, sockets, receive, names } = playing(t);
    player.requested = '720p';
    receive({ t: 'error', code: 'unknown-rendition', msg: 'no such rendition' });
    assert.equal(player.requested, null);
    assert.deepEqual(names(), ['hello', 'list', 'subscribe auto', 'subscribe auto']);
    receive({
      t: 'subscribed', cid: 1, rendition: '360p', track: 'v', mime: 'video/mp4', timescale: 90000,
      epoch: 0, tracks: ['v'],
    });
    player.requested = '720p';
    receive({ t: 'error', code: 'unknown-rendition', msg: 'no such rendition' });
    assert.equal(names().at(-1), 'switch auto');
    assert.equal(sockets.length, 1);
  });
});
