// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { ControlSocket } from '../engine/server/control-socket.js';
import { forgetMissingSockets } from '../engine/transport/socket.js';

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

/** A socket that is open at once, and what it reports; without a status no request is answered. */
function joined(t, group = 'hall', status = null) {
  const sockets = [], targets = [], events = [], sources = [], openings = [];
  const requests = [], missing = [], { WebSocket, fetch } = globalThis;
  globalThis.fetch = async (url) => {
    requests.push(url);
    if (status === null) throw new TypeError('Failed to fetch');
    return new Response('', { status });
  };
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
  t.mock.method(Math, 'random', () => 0);
  const clock = { learn() {}, roundTrip: 2 };
  const member = new ControlSocket('https://h/live/playlist.m3u8', group, clock, {
    onOpen: (isOpen) => openings.push(isOpen), onTarget: (target) => targets.push(target),
    onEvent: (event) => events.push(event), need: () => 0.0704,
    onSource: (source) => sources.push(source), onMissing: (names) => missing.push(names),
  });
  t.after(() => {
    forgetMissingSockets();
    member.close();
    mock.timers.reset();
    Object.assign(globalThis, { WebSocket, fetch });
  });
  return { member, sockets, requests, targets, events, sources, openings, missing };
}

suite('a socket without media beside a player', () => {
  test('a socket without media joins the group, learns its target and reports figures', (t) => {
    const { member, sockets: [socket], targets } = joined(t);
    assert.equal(socket.url, 'wss://h/live/ws');
    socket.dispatchEvent(new Event('open'));
    assert.deepEqual(socket.sent, [
      { t: 'hello', v: 1 }, { t: 'subscribe', tracks: [], sync: 'hall', need: 70 },
      { t: 'list' }]);
    for (const data of ['{"t":"sync","group":"hall","target":350}', '{"t":"sync","target":"x"}',
      '{"t":"sync","target":-1}', '{"t":"source","state":"live"}']) socket.onmessage({ data });
    assert.deepEqual(targets, [0.35]);
    member.report({ need: 300 });
    assert.deepEqual(socket.sent.at(-1), { t: 'stat', need: 300, rtt: 2 });
  });

  for (const [name, group, happens, isJoined] of [
    ['the target has come', 'hall', ([socket]) => (
      socket.onmessage({ data: '{"t":"sync","target":350}' })), true],
    ['another message has come', 'hall', ([socket]) => (
      socket.onmessage({ data: '{"t":"welcome","v":1}' })), false],
    ['a second has passed', 'hall', () => mock.timers.tick(1000), true],
    ['half a second has passed', 'hall', () => mock.timers.tick(500), false],
    ['the connection is lost', 'hall', ([socket]) => socket.onclose({ code: 1006 }), true],
    ['the player is stopped', 'hall', (_, member) => member.close(), true],
    ['there is no group', null, () => {}, true],
  ]) {
    test(`a player that joins waits no longer when ${name}: ${isJoined}`, async (t) => {
      const { member, sockets } = joined(t, group);
      let isOver = false;
      member.untilJoined.then(() => { isOver = true; });
      await settled();
      assert.equal(isOver, group === null);
      happens(sockets, member);
      await settled();
      assert.equal(isOver, isJoined);
    });
  }

  test('a lost socket is opened again, later each time; not after the end', async (t) => {
    const { member, sockets } = joined(t);
    for (const pause of [500, 1000, 2000, 4000, 8000, 15000, 15000]) {
      const count = sockets.length;
      sockets.at(-1).onopen();
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

  test('events, the source and the opening are reported', (t) => {
    const { sockets: [socket], events, sources, openings, missing } = joined(t, null);
    socket.dispatchEvent(new Event('open'));
    assert.deepEqual(socket.sent[1], { t: 'subscribe', tracks: [] });
    for (const data of ['{"t":"welcome","v":1}', '{"t":"welcome","v":1}',
      '{"t":"source","state":"lost","since":1000}', '{"t":"source","state":"live"}',
      '{"t":"source","state":"live","since":2000}',
      '{"t":"source","state":"failed","since":3000}']) socket.onmessage({ data });
    assert.deepEqual(openings, [true]);
    assert.deepEqual(sources, [
      { isOnline: false, since: 1e9 }, { isOnline: true, since: 2e9 },
      { isOnline: false, since: 3e9, hasFailed: true }]);
    for (const renditions of [[{ id: 'a', missing: true }, { id: 'b' }], [{ id: 'a' }]]) {
      socket.onmessage({ data: JSON.stringify({ t: 'channels', channels: [{ renditions }] }) });
    }
    assert.deepEqual(missing, [['a'], []]);
    const event = { id: 7, time: 5, data: { goal: 1 } };
    const bytes = new TextEncoder().encode(JSON.stringify(event));
    for (const kind of [5, 1]) {
      const message = new Uint8Array(12 + bytes.length);
      message[0] = kind;
      message.set(bytes, 12);
      socket.onmessage({ data: message.buffer });
    }
    assert.deepEqual(events, [event]);
    socket.onclose({ code: 1006, reason: '' });
    assert.deepEqual(openings, [true, false]);
  });

  test('without a group, a server that never answers is given up', async (t) => {
    const { sockets } = joined(t, null);
    for (let i = 0; i < 10; i += 1) {
      sockets.at(-1).onclose?.({ code: 1006, reason: '' });
      mock.timers.tick(20000);
      await settled();
    }
    assert.equal(sockets.length, 3);
  });

  test('without a group, a server that has answered is never given up', async (t) => {
    const { sockets } = joined(t, null);
    sockets[0].onmessage({ data: '{"t":"welcome","v":1}' });
    for (let i = 0; i < 10; i += 1) {
      sockets.at(-1).onclose?.({ code: 1006, reason: '' });
      await settled();
      mock.timers.tick(15000);
      await settled();
    }
    assert.equal(sockets.length, 11);
  });

  for (const [group, status, attempts] of [
    [null, 403, 1], [null, 410, 1], ['hall', 403, 10], ['hall', 401, 10],
    // Something answers and passes no upgrade; with a group the member tries on.
    [null, 426, 1], [null, 200, 1], [null, 501, 1], ['hall', 426, 41],
    // A stream or a server that may return.
    [null, 404, 3], [null, 503, 3], [null, null, 3],
  ]) {
    const name = `sockets in ten minutes, group ${group}, refused with ${status}: ${attempts}`;
    test(name, async (t) => {
      const { sockets, requests } = joined(t, group, status);
      for (let elapsed = 0; elapsed < 600; elapsed += 1) {
        sockets.at(-1).onclose?.({ code: 1006, reason: '' });
        await settled();
        mock.timers.tick(1000);
        await settled();
      }
      assert.equal(sockets.length, attempts);
      assert.equal(requests[0], 'https://h/live/ws');
    });
  }

  test('another player does not try where no socket opened, until it is requested', async (t) => {
    const { sockets } = joined(t, null, 426);
    const again = () => {
      const clock = { learn() {}, roundTrip: 2 };
      const source = 'https://h/live/playlist.m3u8';
      const other = new ControlSocket(source, null, clock, { onOpen() {}, need: () => 0 });
      other.close();
      return sockets.length;
    };
    sockets[0].onclose({ code: 1006, reason: '' });
    await settled();
    assert.equal(again(), 1);
    forgetMissingSockets();
    assert.equal(again(), 2);
  });
});
