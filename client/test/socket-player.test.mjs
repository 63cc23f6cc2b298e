// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { ElementOutput } from '../engine/players/output.js';
import { SocketPlayer } from '../engine/players/socket-player.js';
import { AUDIO, HEADER, KEY, VIDEO } from '../engine/transport/llws.js';
import { forgetMissingSockets } from '../engine/transport/socket.js';

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
  t.mock.method(Math, 'random', () => 0);
  const states = [], targets = [], sources = [];
  const host = {
    source: 'http://h/live.m3u8', video: new EventTarget(), clock: { learn() {} }, sync: null,
    status: (_, text) => states.push(text), unsupported: (reason) => assert.fail(reason),
    setTargets: (usual) => targets.push(usual), need: () => 0.07,
    setSource: (source) => sources.push(source),
  };
  const player = new SocketPlayer(host, 0.1, new ElementOutput(host), 'fmp4');
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
  return { player, sockets, open, receive, names, states, targets, sources };
}

suite('the media source', () => {
  const subscribed = (cid, rendition) => ({
    t: 'subscribed', cid, rendition, track: 'v', mime: `video/${rendition}`, timescale: 90000,
    epoch: 0, tracks: ['v'],
  });
  const header = (channel, content) => (
    { kind: HEADER, flags: 0, channel, sequence: 0, sent: 0, media: new Uint8Array([content]) });

  /** A feed that is open when `end` is called, and the headers that it gets. */
  function opening(player) {
    const appended = [], feed = {
      video: null, isClosed: false, close() {}, hasTracks: (count) => count === 1,
      open([{ type, header: [first] }]) {
        appended.push(`open ${type} ${first}`);
        return new Promise((resolve) => {
          feed.end = () => {
            feed.video = { changeType: (mime, [byte]) => appended.push(`${mime} ${byte}`) };
            resolve();
          };
        });
      },
    };
    player.feeds.current = feed;
    return { feed, appended };
  }

  test('a header that arrives while the source opens is appended', async (t) => {
    const { player, receive } = playing(t), { feed, appended } = opening(player);
    receive(subscribed(1, '720p'));
    player.media(header(1, 1));
    receive({ ...subscribed(2, '360p'), t: 'switching', tracks: undefined });
    player.media(header(2, 2));
    feed.end();
    await settled();
    assert.deepEqual(appended, ['open video/720p 1', 'video/360p 2']);
  });

  test('a connection that is lost while the source opens does not open it twice', async (t) => {
    const { player, sockets, receive } = playing(t), { feed, appended } = opening(player);
    receive(subscribed(1, '720p'));
    player.media(header(1, 1));
    receive({ t: 'error', code: 'busy', msg: 'later', retry: 100 });
    player.feeds.current = feed;  // the connection was lost, not the feed
    mock.timers.tick(100);
    await settled();
    assert.equal(sockets.length, 2);
    receive(subscribed(3, '720p'));
    player.media(header(3, 3));
    feed.end();
    await settled();
    assert.deepEqual(appended, ['open video/720p 1', 'video/720p 3']);
  });

  test('a new feed opens while an old one ends', async (t) => {
    const { player, receive } = playing(t), first = opening(player);
    receive(subscribed(1, '720p'));
    player.media(header(1, 1));
    const second = opening(player);
    player.connect();
    receive(subscribed(2, '720p'));
    player.media(header(2, 2));
    first.feed.end();
    await settled();
    assert.deepEqual(second.appended, ['open video/720p 2']);
    assert.ok(player.intake.isOpening);
  });
});

test('a stream that has failed is no stream that starts', (t) => {
  const { receive, states, sources } = playing(t);
  receive({ t: 'source', state: 'starting', since: 1 });
  receive({ t: 'source', state: 'failed', since: 5 });
  assert.deepEqual(states, ['Starting', 'Failed']);
  assert.deepEqual(sources.at(-1), { isOnline: false, since: 5e6, hasFailed: true });
});

suite('a stream that begins again on an open socket', () => {
  const group = (t, cid, track, more = {}) => (
    { t, cid, rendition: 'r', track, mime: 'video/mp4', timescale: 90000, epoch: 0, ...more });
  const header = (channel) => (
    { kind: HEADER, flags: 0, channel, sequence: 0, sent: 0, media: new Uint8Array([1]) });

  /** A feed that opens at once, and has media up to ten seconds. */
  function openFeed(name, log) {
    return {
      video: null, audio: null, isStreaming: true, isIdle: true,
      close: () => log.push(`close ${name}`), hasTracks: () => true,
      start: () => 9, end: () => 10, gapEnd: () => null,
      ranges: () => ({ length: 1, start: () => 9, end: () => 10 }),
      async open(tracks) {
        log.push(`open ${name} with ${tracks.length}`);
        this.video = { append: () => log.push(`media of ${name}`), changeType() {} };
      },
    };
  }

  for (const tracks of [['v', 'a'], ['v']]) {
    test(`it plays with the tracks ${tracks}`, async (t) => {
      const { player, sockets, receive, states, targets, sources } = playing(t), log = [];
      Object.assign(player.host.clock, { now: () => 10050 });
      player.host.video.currentTime = 0;
      player.feeds.current = openFeed('first', log);
      receive(group('subscribed', 1, 'v', { tracks: ['v', 'a'], target: 190 }));
      receive(group('subscribed', 2, 'a', { tracks: ['v', 'a'], target: 190 }));
      player.media(header(1));
      player.media(header(2));
      await settled();
      for (const found of player.subscription.groups.values()) found.isAtEdge = true;
      player.positioner.on({ name: 'chunk', at: performance.now() });
      player.update();
      receive({ t: 'source', state: 'starting', since: 5 });
      assert.deepEqual(states.splice(0), ['Live', 'Starting']);
      player.feeds.create = () => openFeed('second', log);
      const target = tracks.length === 1 ? 70 : 190;
      for (const [index, track] of tracks.entries()) {
        receive(group('switching', 3 + index, track, { tracks, target, reason: 'source' }));
        player.media(header(3 + index));
      }
      await settled();
      receive({ t: 'source', state: 'live', since: 6 });
      assert.equal(player.latency(), null);
      for (const found of player.subscription.groups.values()) found.isAtEdge = true;
      player.positioner.on({ name: 'chunk', at: performance.now() });
      player.update();
      assert.deepEqual(
        log, ['open first with 2', 'close first', `open second with ${tracks.length}`]);
      assert.deepEqual(states, ['Live']);
      assert.equal(targets.at(-1), target / 1000);
      assert.deepEqual(sources.at(-1), { isOnline: true, since: 6e6 });
      assert.equal(sockets.length, 1);
      assert.notEqual(player.latency(), null);
    });
  }
});

suite('the start', () => {
  const HEADERS = { v: 40, a: 7 };  // the numbers of the next new chunks

  /** A player of video and audio with an open source, 1 s before the live edge of its media. */
  function starting(t) {
    const { player, receive, states } = playing(t), feed = {
      video: { append() {} }, audio: { append() {} }, isStreaming: true, isIdle: true, media: 9,
      close() {}, prepare() {}, hasTracks: () => true, start: () => 9, end: () => feed.media,
      ranges: () => ({ length: 1, start: () => 9, end: () => feed.media }), gapEnd: () => null,
    };
    for (const queue of [feed.video, feed.audio]) queue.changeType = () => {};
    Object.assign(player.host.clock, { now: () => 11000 });
    player.host.video.currentTime = 0;
    player.feeds.current = feed;
    player.format.append = () => [];
    for (const [track, cid] of [['v', 1], ['a', 2]]) {
      receive({
        t: 'subscribed', cid, rendition: 'r', track, mime: 'video/mp4', timescale: 90000, epoch: 0,
        tracks: ['v', 'a'], target: 190,
      });
    }
    const send = (kind, channel, sequence, flags = 8) => player.media(
      { kind, flags, channel, sequence, sent: 0, media: new Uint8Array([1]) });
    send(HEADER, 1, HEADERS.v, 0);
    send(HEADER, 2, HEADERS.a, 0);
    return { player, feed, send, states };
  }

  test('plays with the last chunk of the past of both tracks, without a new one', (t) => {
    const { player, feed, send, states } = starting(t);
    feed.media = 9.5;
    send(VIDEO, 1, 38);
    send(VIDEO, 1, 39);
    send(AUDIO, 2, 5);
    assert.equal(player.positioner.isPlaced, false);
    send(AUDIO, 2, 6);
    assert.equal(player.positioner.isPlaced, true);
    assert.equal(player.display.currentTime, 9.47);
    assert.deepEqual(states, ['Live']);
  });

  test('plays only when these chunks are appended', (t) => {
    const { player, feed, send } = starting(t);
    feed.isIdle = false;
    for (const [kind, channel, last] of [[VIDEO, 1, 39], [AUDIO, 2, 6]]) send(kind, channel, last);
    assert.equal(player.positioner.isPlaced, false);
    feed.isIdle = true;
    feed.media = 10.9;
    player.choosePosition();
    assert.ok(Math.abs(player.display.currentTime - 10.87) < 1e-6);
  });

  test('plays when a new chunk of each track was received', (t) => {
    const { player, send } = starting(t);
    send(VIDEO, 1, 40, 0);
    assert.equal(player.positioner.isPlaced, false);
    send(AUDIO, 2, 7, 0);
    assert.equal(player.positioner.isPlaced, true);
  });
});

suite('a browser that wants no media at present', () => {
  test('gets them after a restart of the stream when it wants them again', (t) => {
    const { player, sockets, receive } = playing(t);
    const feed = (isStreaming) => ({
      video: {}, isStreaming, isIdle: true, close() {}, end: () => null, ranges: () => null,
      gapEnd: () => null,
    });
    player.feeds.current = feed(false);
    player.update();
    player.feeds.create = () => feed(true);
    receive({
      t: 'switching', cid: 2, rendition: 'r', track: 'v', mime: 'video/mp4', timescale: 1,
      epoch: 0, tracks: ['v'], target: 70, reason: 'source',
    });
    player.update();
    assert.deepEqual(
      sockets[0].sent.map(({ t: name }) => name).filter((name) => /pause|resume/.test(name)),
      ['pause', 'resume']);
  });

  test('a subscription with other tracks opens another media source', async (t) => {
    const { player, sockets, receive } = playing(t), opened = [];
    const feed = () => ({
      video: null, isStreaming: true, isIdle: true, close() {}, end: () => null,
      ranges: () => null,
      hasTracks(count) { return count === this.count; },
      async open(tracks) {
        this.count = tracks.length;
        this.video = {};
        opened.push(tracks.length);
      },
    });
    player.feeds.current = feed();
    player.feeds.create = feed;
    for (const [cid, tracks] of [[1, ['v']], [2, ['v', 'a']]]) {
      for (const [index, track] of tracks.entries()) {
        const channel = 10 * cid + index;
        receive({
          t: 'subscribed', cid: channel, rendition: 'r', track, mime: 'video/mp4', timescale: 1,
          epoch: 0, tracks, target: 70,
        });
        player.media(
          { kind: HEADER, flags: 0, channel, sequence: 0, sent: 0, media: new Uint8Array([1]) });
      }
      await settled();
    }
    assert.deepEqual(opened, [1, 2]);
    assert.equal(sockets.length, 1);
  });
});

suite('media that the decoder refuses', () => {
  test('are requested less often, until another player plays', async (t) => {
    const reasons = [], { player, sockets, receive } = playing(t);
    player.host.unsupported = (reason) => {
      reasons.push(reason);
      player.stop();
    };
    const feed = () => ({
      video: null, isStreaming: true, isIdle: true, close() {}, hasTracks: () => true,
      start: () => 9,
      end: () => null, gapEnd: () => null, ranges: () => null,
      async open() { this.video = { append() {}, changeType() {} }; },
    });
    player.feeds.current = feed();
    player.feeds.create = feed;
    let elapsed = 0;
    for (; elapsed < 20000 && reasons.length === 0; elapsed += 50) {
      if (sockets.at(-1).readyState === 1 && player.positioner.isEmpty) {
        receive({
          t: 'subscribed', cid: 1, rendition: 'r', track: 'v', mime: 'video/mp4', timescale: 1,
          epoch: 0, tracks: ['v'],
        });
        const media = new Uint8Array([0, 0, 0, 8, 102, 114, 101, 101]);  // a box `free`
        const message = { flags: 0, channel: 1, sequence: 0, sent: 0, media };
        player.media({ ...message, kind: HEADER });
        await settled();
        player.media({ ...message, kind: VIDEO });
        player.update();
        assert.ok(!player.positioner.isEmpty);
        player.recover('the decoder has failed');
      }
      await settled();
      mock.timers.tick(50);
    }
    assert.equal(sockets.length, 7);
    assert.match(reasons.join(), /cannot be played \(the decoder has failed\)/);
  });

  test('a player that has shown a second of the media has not failed', (t) => {
    const { player } = playing(t);
    player.failures = 3;
    player.positioner.state = { name: 'placed', since: 0, position: 5 };
    player.host.video.currentTime = 5.9;
    player.update();
    assert.equal(player.failures, 3);
    player.host.video.currentTime = 6.1;
    player.update();
    assert.equal(player.failures, 0);
  });
});

suite('sockets that do not open', () => {
  /** The number of sockets, requests and reasons after 10 s of sockets that close at once. */
  async function attempts(t, respond) {
    const { WebSocket, fetch } = globalThis;
    let sockets = 0;
    const requests = [], reasons = [];
    globalThis.WebSocket = class extends EventTarget {
      static OPEN = 1;

      constructor() {
        super();
        sockets += 1;
        setImmediate(() => this.onclose?.({ code: 1006, reason: '' }));
      }

      close() {}
    };
    globalThis.fetch = (url) => {
      requests.push(url);
      return respond();
    };
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const host = {
      source: 'https://h/t/abc/cam/ll.m3u8', video: new EventTarget(), clock: { learn() {} }, sync: null,
      status() {}, setTargets() {}, setSource() {},
      unsupported(reason) {
        reasons.push(reason);
        player.stop();
      },
    };
    const player = new SocketPlayer(host, 0.1, new ElementOutput(host), 'fmp4');
    t.after(() => {
      forgetMissingSockets();
      player.stop();
      mock.timers.reset();
      Object.assign(globalThis, { WebSocket, fetch });
    });
    player.start();
    for (let elapsed = 0; elapsed < 10000; elapsed += 50) {
      await settled();
      mock.timers.tick(50);
    }
    return { sockets, requests, reasons };
  }

  for (const status of [401, 403, 410]) {
    test(`a refusal with status ${status} ends the attempts`, async (t) => {
      const found = await attempts(t, async () => new Response('', { status }));
      assert.equal(found.sockets, 1);
      assert.deepEqual(found.requests, ['https://h/t/abc/cam/ws']);
      assert.match(found.reasons.join(), new RegExp(`refuses .*status ${status}`));
    });
  }

  test('an answer without an upgrade ends the attempts: another player plays', async (t) => {
    const found = await attempts(t, async () => new Response('', { status: 426 }));
    assert.equal(found.sockets, 1);
    assert.match(found.reasons.join(), /does not serve this stream/);
  });

  for (const [name, respond] of [
    ['a stream that is missing', async () => new Response('', { status: 404 })],
    ['a server that starts', async () => new Response('', { status: 503 })],
    ['a server that is away', async () => { throw new TypeError('Failed to fetch'); }],
  ]) {
    test(`${name} is tried again before another player plays`, async (t) => {
      const found = await attempts(t, respond);
      assert.equal(found.sockets, 7);
      assert.match(found.reasons.join(), /does not serve this stream/);
    });
  }
});

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
    player.ladder.requested = '720p';
    receive({ t: 'error', code: 'unknown-rendition', msg: 'no such rendition' });
    assert.equal(player.ladder.requested, null);
    assert.deepEqual(names(), ['hello', 'list', 'subscribe auto', 'subscribe auto']);
    receive({
      t: 'subscribed', cid: 1, rendition: '360p', track: 'v', mime: 'video/mp4', timescale: 90000,
      epoch: 0, tracks: ['v'],
    });
    player.ladder.requested = '720p';
    receive({ t: 'error', code: 'unknown-rendition', msg: 'no such rendition' });
    assert.equal(names().at(-1), 'switch auto');
    assert.equal(sockets.length, 1);
  });
});

suite('another server continues the stream', () => {
  const subscribed = {
    t: 'subscribed', cid: 1, rendition: 'r', track: 'v', mime: 'video/mp4', timescale: 1, epoch: 0,
    tracks: ['v'],
  };
  const box = (type, ...parts) => [0, 0, 0, parts.flat().length + 8, ...Buffer.from(type),
    ...parts.flat()];
  const header = {
    kind: HEADER, flags: 0, channel: 1, sequence: 0, sent: 0, media: new Uint8Array([1]),
  };
  /** A chunk with one byte of media. */
  const chunk = (time, byte, isKey) => {
    const moof = box('moof', box('traf', box('tfdt', [0, 0, 0, 0], [0, 0, 0, time])));
    const media = new Uint8Array([...moof, ...box('mdat', [byte])]);
    return { kind: VIDEO, flags: isKey ? KEY : 0, channel: 1, sequence: 0, sent: 0, media };
  };

  for (const [name, second, appended, position] of [
    ['with the same frames', [[10, 1], [11, 2], [12, 3]], ['header', 1, 2, 3], 0],
    ['with frames of another encoder', [[10, 1], [11, 5], [12, 6]],
      ['header', 1, 2, 1, 5, 6], 12.9],
    ['with a later key frame', [[12, 7], [13, 8]], ['header', 1, 2, 7, 8], 0],
  ]) {
    test(name, async (t) => {
      const { player, sockets, open, receive } = playing(t), log = [];
      const display = { currentTime: 12, getVideoPlaybackQuality: () => null };
      player.host.video = display;
      Object.assign(player.host.clock, { now: () => 13000 });
      player.feeds.current = {
        video: null, isIdle: true, isStreaming: true, close() {}, hasTracks: () => true,
        start: () => 9, end: () => 13, ranges: () => ({
          length: 1, start: () => 9, end: () => 13,
        }), gapEnd: () => null,
        async open() {
          log.push('header');
          this.video = {
            append: (bytes) => log.push(bytes[bytes.length - 1]),
            changeType: () => log.push('header'),
          };
        },
      };
      receive(subscribed);
      player.media(header);
      await settled();
      for (const media of [chunk(10, 1, true), chunk(11, 2)]) player.media(media);
      sockets[0].onclose({ code: 1006, reason: '' });
      mock.timers.tick(0);
      await settled();
      assert.equal(sockets.length, 2, 'at once');
      open();
      display.currentTime = 12.6;
      receive(subscribed);
      player.media(header);
      second.forEach(([time, byte], index) => player.media(chunk(time, byte, index === 0)));
      assert.deepEqual(log, appended);
      assert.equal(display.currentTime, position || 12.6);
      assert.ok(player.positioner.isPlaced);
    });
  }
});

suite('a socket that brings no media', () => {
  /** A player whose socket was silent for 5 s when its picture stands still. */
  function silent(t) {
    const found = playing(t);
    found.player.chunkAt = performance.now() - 5000;
    found.player.on({ name: 'open', socket: found.player.socket, at: performance.now() - 5000 });
    found.player.toEdge(performance.now());
    return found;
  }

  test('it stays until another one is open', (t) => {
    const { open, names, sockets } = silent(t);
    assert.deepEqual(sockets.map(({ readyState }) => readyState), [1, 1]);
    open();
    assert.deepEqual(sockets.map(({ readyState }) => readyState), [3, 1]);
    assert.deepEqual(names(), ['hello', 'list', 'subscribe auto']);
  });

  test('it is kept if it brings media before', (t) => {
    const { open, player, sockets } = silent(t);
    player.chunkAt = performance.now();
    open();
    assert.deepEqual(sockets.map(({ readyState }) => readyState), [1, 3]);
  });

  test('it ends if the other one does not open', async (t) => {
    const { sockets, states } = silent(t);
    sockets[1].onclose({ code: 1006, reason: '' });
    await settled();
    assert.equal(sockets[0].readyState, 3);
    assert.deepEqual(states.slice(-1), ['Reconnecting']);
  });
});
