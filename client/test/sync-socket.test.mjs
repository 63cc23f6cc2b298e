// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { SyncSocket } from '../page/sync-socket.js';

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** A member of a group whose sockets are open at once, and the targets that it learns. */
function joined(t) {
  const sockets = [], targets = [];
  const previous = globalThis.WebSocket;
  globalThis.WebSocket = class extends EventTarget {
    static OPEN = 1;

    constructor(url) {
      super();
      Object.assign(this, { url, readyState: 1, sent: [] });
      sockets.push(this);
    }

    send(text) { this.sent.push(JSON.parse(text)); }

    close() { this.readyState = 3; }
  };
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const clock = { learn() {}, roundTrip: 2 };
  const member = new SyncSocket(
    'https://h/live/playlist.m3u8', 'hall', clock, (target) => targets.push(target));
  t.after(() => {
    member.close();
    mock.timers.reset();
    globalThis.WebSocket = previous;
  });
  return { member, sockets, targets };
}

suite('a sync group for players without a socket', () => {
  test('a socket without media joins the group, learns its target and reports figures', (t) => {
    const { member, sockets: [socket], targets } = joined(t);
    assert.equal(socket.url, 'wss://h/live/ws');
    socket.dispatchEvent(new Event('open'));
    assert.deepEqual(socket.sent, [
      { t: 'hello', v: 1 }, { t: 'subscribe', tracks: [], sync: 'hall' }]);
    for (const data of ['{"t":"sync","group":"hall","target":350}', '{"t":"sync","target":"x"}',
      '{"t":"sync","target":-1}', '{"t":"source","state":"live"}']) socket.onmessage({ data });
    assert.deepEqual(targets, [0.35]);
    member.report({ need: 300 });
    assert.deepEqual(socket.sent.at(-1), { t: 'stat', need: 300, rtt: 2 });
  });

  test('a lost socket is opened again, later each time; not after the end', async (t) => {
    const { member, sockets } = joined(t);
    for (const pause of [500, 1000, 2000, 4000, 8000, 15000, 15000]) {
      const count = sockets.length;
      sockets.at(-1).onclose({ code: 1006, reason: '' });
      mock.timers.tick(pause - 1);
      await settled();
      assert.equal(sockets.length, count);
      mock.timers.tick(1);
      await settled();
      assert.equal(sockets.length, count + 1);
    }
    sockets.at(-1).onclose({ code: 1006, reason: '' });
    member.close();
    mock.timers.tick(60000);
    await settled();
    assert.equal(sockets.length, 8);
    assert.equal(sockets.at(-1).readyState, 3);
  });
});
