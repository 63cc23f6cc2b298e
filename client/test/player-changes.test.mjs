// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { LaterCode } from '../engine/playback/later-code.js';
import { Playback } from '../engine/playback/playback.js';
import * as laterPlayers from '../engine/playback/later-playback.js';

const source = 'http://h/live/ll.m3u8';

/** The playback of one stream in a page without a browser, and what it requests. */
function playbackOf(t, options) {
  const requests = [], started = [], names = [
    'document', 'window', 'fetch', 'WebSocket', 'requestAnimationFrame', 'cancelAnimationFrame'];
  const before = names.map((name) => globalThis[name]);
  const values = [
    Object.assign(new EventTarget(), {
      hidden: false, createElement: () => ({ getContext: () => ({}) }),
    }), globalThis,
    (url) => {
      requests.push(String(url));
      return Promise.reject(new TypeError('Failed to fetch'));
    },
    class extends EventTarget {
      constructor() {
        super();
        this.readyState = 0;
      }

      close() {}
    },
    () => 0, () => {},
  ];
  names.forEach((name, i) => { globalThis[name] = values[i]; });
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const video = Object.assign(new EventTarget(), {
    currentTime: 0, paused: true, seeking: false, readyState: 0, playbackRate: 1,
    buffered: { length: 0 }, load() {}, pause() {}, removeAttribute() {}, getAttribute: () => null,
    play: async () => {},
  });
  const ignored = () => {};
  const playback = new Playback(video, {
    source, kind: 'frames', target: null, sync: null, scripts: { hls: [], dash: null },
    later: new LaterCode(async () => laterPlayers, laterPlayers), startsItself: true, ...options,
  }, {
    onStatus: ignored, onMessage: ignored, onPlayer: (kind) => started.push(kind),
    onError: ignored, onStall: ignored, onEvent: ignored,
    figures: { isShown: false, latest: null },
  });
  t.after(() => {
    playback.close();
    mock.timers.reset();
    names.forEach((name, i) => { globalThis[name] = before[i]; });
  });
  /** Players that do nothing; `start` is called when one starts. */
  const replacePlayers = (start = () => {}) => {
    playback.players.newPlayer = (kind) => (
      { start: () => start(kind), stop() {}, setTarget() {}, isControlled: () => false });
  };
  return { playback, video, requests, started, replacePlayers };
}

suite('playback', () => {
  test('nothing is requested before the click that starts it', async (t) => {
    const { playback, requests, video } = playbackOf(t, { startsItself: false });
    playback.start();
    mock.timers.tick(3000);
    document.dispatchEvent(new Event('visibilitychange'));
    await Promise.resolve();
    assert.deepEqual(requests, []);
    video.dispatchEvent(new Event('click'));
    await Promise.resolve();
    assert.ok(requests.length > 0);
    assert.deepEqual([...new Set(requests)], [source]);
  });

  test('each player gets the stream in the format that was asked for, if it reads both', (t) => {
    const { playback, replacePlayers } = playbackOf(t, {});
    replacePlayers();
    playback.start();
    const found = ['dashjs', 'frames', 'hlsjs', 'webcodecs', 'dashjs', 'hlsjs'].map((kind) => {
      playback.choosePlayer(kind);
      assert.equal(playback.state.source, playback.source);
      assert.equal(playback.services.source, playback.source);
      return [playback.source.split('/').at(-1), playback.controller.requested];
    });
    assert.deepEqual(found, [
      ['manifest.mpd', 0.5], ['ll.m3u8', 0.07], ['ll.m3u8', 0.35], ['ll.m3u8', 0.04],
      ['manifest.mpd', 0.5], ['ll.m3u8', 0.35]]);
  });

  test('a player that replaces dash.js plays the MPD; a chosen one does not', (t) => {
    const { playback, replacePlayers } = playbackOf(t, { kind: 'dashjs' });
    replacePlayers((kind) => { if (kind === 'dashjs') playback.players.fallBack('no dash.js'); });
    playback.start();
    assert.deepEqual([playback.kind, playback.source], ['frames', 'http://h/live/manifest.mpd']);
    playback.choosePlayer('frames');
    assert.equal(playback.source, source);
  });

  test('the next player is in the sync group, if the first one is unsupported at once', (t) => {
    const { playback, replacePlayers, started } = playbackOf(t, { kind: 'native', sync: 'hall' });
    replacePlayers((kind) => { if (kind === 'native') playback.players.fallBack('no HLS'); });
    playback.start();
    assert.deepEqual(started, ['native', 'frames']);
    assert.equal(playback.controlSocket?.group, 'hall');
    assert.ok(!playback.controlSocket.closing.signal.aborted);
  });

  for (const [kind, isUsual] of [[null, true], ['frames', false]]) {
    test(`a socket for control beside ${kind ?? 'the usual player'}: ${isUsual}`, (t) => {
      const { playback, replacePlayers } = playbackOf(t, { kind });
      replacePlayers();
      playback.players.play('frames', 'HTTP frames');
      Object.assign(playback.player, {
        update() {}, renditions: () => null, hasAudio: () => null, latency: () => null });
      playback.display = Object.assign(new EventTarget(), {
        currentTime: 0, paused: true, buffered: { length: 0 } });
      const update = () => { playback.reportedAt = -Infinity; playback.update(); };
      update();
      assert.equal(playback.controlSocket, null);
      playback.services.presence = { isOnline: true, since: 1 };
      update();
      assert.equal(playback.controlSocket !== null, isUsual);
      if (!isUsual) return;
      const { controlSocket } = playback;
      assert.equal(controlSocket.group, null);
      controlSocket.control({ t: 'welcome' });
      assert.ok(playback.services.isPushed);
      assert.match(playback.reason, /^HTTP frames; a WebSocket has clock, events/);
      controlSocket.control({ t: 'source', state: 'lost', since: 5 });
      assert.deepEqual(playback.services.presence, { isOnline: false, since: 5e6 });
      playback.players.play('hlsjs', 'requested');
      assert.ok(controlSocket.closing.signal.aborted && !playback.services.isPushed);
      Object.assign(playback.player, {
        update() {}, renditions: () => null, hasAudio: () => null, latency: () => null });
      update();
      assert.equal(playback.controlSocket, null);
    });
  }

  for (const [requested, target] of [[null, 0.4], [0.1, 0.4], [1, 1], [3, 3]]) {
    test(`a choice of ${requested} s in a group at 0.4 s: ${target} s, without a seek`, (t) => {
      const { playback, replacePlayers } = playbackOf(t, { sync: 'hall' }), targets = [];
      replacePlayers();
      playback.start();
      const log = (name) => (value) => targets.push([name, value]);
      Object.assign(playback.player, {
        setTarget: log('target'), seekBy: log('seek'), isControlled: () => true });
      playback.latency = 0.4;
      playback.controlSocket.control({ t: 'sync', group: 'hall', target: 400 });
      assert.deepEqual(targets.splice(0), [['target', 0.4]]);
      playback.chooseTarget(requested);
      assert.deepEqual(targets, [['target', target]]);
      // The server learns what this viewer needs.
      assert.equal(playback.controller.requested, requested ?? 0.07);
    });
  }

  test('without a group a new target is reached by a seek', (t) => {
    const { playback, replacePlayers } = playbackOf(t, {}), seeks = [];
    replacePlayers();
    playback.start();
    Object.assign(playback.player, {
      seekBy: (seconds) => seeks.push(seconds), isControlled: () => true });
    playback.latency = 0.4;
    playback.chooseTarget(1);
    assert.deepEqual(seeks, [-0.6]);
  });

  test('the end of the stream is no stall', (t) => {
    const { playback, video, replacePlayers } = playbackOf(t, {});
    replacePlayers();
    playback.start();
    Object.assign(video, { paused: false });
    video.dispatchEvent(new Event('playing'));
    playback.setStatus('dead', 'Ended');
    video.dispatchEvent(new Event('waiting'));
    assert.equal(playback.stalls.current, null);
    playback.setStatus('live', 'Live');
    video.dispatchEvent(new Event('waiting'));
    assert.notEqual(playback.stalls.current, null);
    playback.setStatus('dead', 'Ended');
    playback.followStalls(playback.player, performance.now());
    assert.equal(playback.stalls.current, null);
  });
});

suite('code that is loaded later', () => {
  /** A request for the code that a test answers. */
  function pending() {
    const calls = [];
    const later = new LaterCode(() => new Promise((resolve, reject) => {
      calls.push({ arrive: () => resolve(laterPlayers), fail: () => reject(new Error('offline')) });
    }));
    return { later, calls };
  }
  const settled = () => new Promise((resolve) => { setImmediate(resolve); });

  test('HTTP frames begin at once and ask for none', (t) => {
    const { later, calls } = pending(), { playback, started } = playbackOf(t, { later });
    playback.start();
    assert.deepEqual([started, calls.length], [['frames'], 0]);
  });

  test('another player begins when its code has arrived', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, started } = playbackOf(t, { later, kind: 'ws' });
    replacePlayers();
    playback.start();
    assert.deepEqual([started, playback.player, calls.length], [[], null, 1]);
    calls[0].arrive();
    await settled();
    assert.deepEqual(started, ['ws']);
    playback.choosePlayer('hlsjs');
    assert.deepEqual([started, calls.length], [['ws', 'hlsjs'], 1]);
  });

  test('code that does not arrive: HTTP frames play, and the next choice asks again', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, started } = playbackOf(t, { later, kind: 'webcodecs' });
    replacePlayers();
    playback.start();
    calls[0].fail();
    await settled();
    assert.deepEqual(started, ['frames']);
    assert.match(playback.state.errors[0].text, /part of the player was not loaded \(offline\)/);
    playback.choosePlayer('ws');
    calls[1].arrive();
    await settled();
    assert.deepEqual(started, ['frames', 'ws']);
  });

  test('a choice in the meantime counts', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, started } = playbackOf(t, { later, kind: 'ws' });
    replacePlayers();
    playback.start();
    playback.choosePlayer('frames');
    playback.choosePlayer('hlsjs');
    assert.equal(calls.length, 1);
    playback.choosePlayer('frames');
    calls[0].arrive();
    await settled();
    assert.deepEqual(started, ['frames', 'frames']);
  });

  test('nothing begins after the end', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, started } = playbackOf(t, { later, kind: 'ws' });
    replacePlayers();
    playback.start();
    playback.close();
    calls[0].arrive();
    await settled();
    assert.deepEqual(started, []);
  });

  test('the past without its code: the live edge plays', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, started } = playbackOf(t, { later, at: 1e9 });
    replacePlayers();
    playback.start();
    assert.ok(playback.isPast && playback.player === null);
    calls[0].fail();
    await settled();
    assert.deepEqual([started, playback.isPast], [['frames'], false]);
  });

  test('the past asks for no live playlist: a stream on demand would start', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, requests } = playbackOf(t, { later, at: 1e9 });
    replacePlayers();
    playback.start();
    playback.services.start();
    mock.timers.tick(5000);
    await playback.services.findServices();
    assert.ok(playback.isPast);
    assert.deepEqual(requests.filter((url) => url === source), []);
    calls[0].fail();
    await settled();
    await playback.services.findServices();
    assert.ok(!playback.isPast && requests.includes(source));
  });

  test('a display that stands still waits for no code: the same player begins again', async (t) => {
    const { later, calls } = pending();
    const { playback, replacePlayers, started } = playbackOf(t, { later });
    replacePlayers();
    playback.start();
    playback.players.changeTransport('the picture stands still');
    assert.deepEqual([started, calls.length], [['frames', 'frames'], 1]);
    calls[0].arrive();
    await settled();
    playback.players.changeTransport('the picture stands still');
    assert.deepEqual(started, ['frames', 'frames', 'ws']);
  });
});
