// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { localNow, ServerClock } from '../shared/clock.js';
import { LiveSocket } from '../engine/transport/socket.js';

suite('the clock of a socket', () => {
  const usual = globalThis.WebSocket;
  let opened;

  class FakeSocket {
    static OPEN = 1;

    constructor() {
      this.readyState = 0;
      this.sent = [];
      opened = this;
    }

    open() {
      this.readyState = FakeSocket.OPEN;
      this.onopen();
    }

    send(text) { this.sent.push(JSON.parse(text)); }

    close() { this.readyState = 3; }
  }

  beforeEach(() => { globalThis.WebSocket = FakeSocket; });
  afterEach(() => { globalThis.WebSocket = usual; });

  test('is measured by the first message, so that the first media find their place', (t) => {
    const clock = new ServerClock();
    const events = { onControl() {}, onMedia() {}, onEnd() {} };
    const socket = new LiveSocket('ws://h/ws', clock, events);
    t.after(() => socket.close());
    opened.open();
    assert.deepEqual(opened.sent.map((message) => message.t), ['ping']);
    const [{ id, c }] = opened.sent, ahead = 600000;
    const now = localNow() + ahead;
    opened.onmessage({ data: JSON.stringify({ t: 'pong', id, c, r: now, s: now }) });
    assert.ok(Math.abs(clock.offset - ahead) < 20, String(clock.offset));
  });

  test('a socket that opened late is not silent since its start', (t) => {
    let now = 0, ends = 0;
    t.mock.method(performance, 'now', () => now);
    t.mock.timers.enable({ apis: ['setInterval'] });
    const events = { onControl() {}, onMedia() {}, onEnd() { ends += 1; } };
    const socket = new LiveSocket('ws://h/ws', new ServerClock(), events);
    t.after(() => socket.close());
    now = 4950;
    opened.open();
    now = 5150;
    t.mock.timers.tick(200);
    assert.equal(ends, 0);
    now = 9200;
    t.mock.timers.tick(200);
    assert.equal(ends, 1);
  });

  test('follows a measurement with a shorter round trip at once in the first seconds', () => {
    const clock = new ServerClock(), now = localNow();
    clock.learn([{ sent: now - 60, received: now, server: now + 1000 }]);
    assert.equal(Math.round(clock.offset), 1030);
    clock.learn([{ sent: now - 40, received: now, server: now + 1001 }]);
    assert.equal(Math.round(clock.offset), 1021);
    clock.learn([{ sent: now - 50, received: now, server: now + 1001 }]);
    assert.equal(Math.round(clock.offset), 1021);
  });
});
