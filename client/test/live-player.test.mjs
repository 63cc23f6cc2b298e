// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { nextPlayer, TriedPlayers, usualPlayer } from '../engine/playback/player-choice.js';
import { statusAfter } from '../engine/playback/state.js';
import { CDN, scriptsBeside } from '../engine/players/script.js';
import { isSwitchedOn, streamAddress, requestedOf } from '../player/attributes.js';
import { sourceStateOf } from '../player/source-state.js';

/** @param {Record<string, string>} attributes */
const requested = (attributes) => requestedOf((name) => attributes[name] ?? null, 'http://site/a/b.html');

suite('attributes of <live-player>', () => {
  for (const [address, expected] of [
    ['https://h/live/', 'https://h/live/ll.m3u8'],
    ['https://h/live', 'https://h/live/ll.m3u8'],
    ['https://h/', 'https://h/live.m3u8'],
    ['https://h', 'https://h/live.m3u8'],
    ['https://h/t/TOKEN/live/', 'https://h/t/TOKEN/live/ll.m3u8'],
    ['https://h/live/?x=1', 'https://h/live/ll.m3u8?x=1'],
    ['https://h/live/chunked.m3u8', 'https://h/live/chunked.m3u8'],
    ['https://h/live/playlist.m3u8', 'https://h/live/playlist.m3u8'],
    ['https://h/live/manifest.mpd?x', 'https://h/live/manifest.mpd?x'],
    ['/live/', 'http://site/live/ll.m3u8'],
    ['live/', 'http://site/a/live/ll.m3u8'],
    ['ftp://h/live/', null], ['javascript:alert(1)', null], ['http://', null],
  ]) {
    test(`src ${address}`, () => {
      assert.equal(streamAddress(address, 'http://site/a/b.html'), expected);
    });
  }

  test('without a stream nothing is played', () => {
    assert.equal(requested({}), null);
    assert.equal(requested({ src: '' }), null);
    assert.equal(requested({ src: 'data:,' }), null);
  });

  test('defaults', () => {
    assert.deepEqual(requested({ src: '/live/' }), {
      source: 'http://site/live/ll.m3u8', kind: null, target: null, sync: null, at: null,
      problems: [],
    });
  });

  test('an instant', () => {
    assert.equal(requested({ src: '/a/', at: '2026-11-23T22:48:15Z' }).at, 1795474095);
    const refused = requested({ src: '/a/', at: 'soon' });
    assert.equal(refused.at, null);
    assert.match(refused.problems[0], /^invalid time "soon"/);
  });

  test('all attributes', () => {
    const found = requested({ src: '/a/', transport: 'ws', target: '0.15', sync: 'lobby' });
    assert.deepEqual([found.kind, found.target, found.sync], ['ws', 0.15, 'lobby']);
    assert.deepEqual(found.problems, []);
  });

  for (const attributes of [
    { transport: 'udp' }, { transport: 'constructor' }, { target: '20' }, { target: 'x' },
    { sync: 'a b' }, { sync: 'x'.repeat(65) },
  ]) {
    test(`invalid ${JSON.stringify(attributes).slice(0, 40)} is ignored, with a reason`, () => {
      const found = requested({ src: '/a/', ...attributes });
      assert.deepEqual([found.kind, found.target, found.sync], [null, null, null]);
      assert.equal(found.problems.length, 1);
    });
  }

  test('autoplay is on unless it is switched off', () => {
    for (const text of [null, '', 'true', '1']) assert.equal(isSwitchedOn(text), true);
    for (const text of ['false', '0', 'off', 'no']) assert.equal(isSwitchedOn(text), false);
  });

  test('scripts come from the server of the module with the known sum, or from the CDN', () => {
    const { hls, dash } = scriptsBeside('https://h/player/live-player.js');
    assert.deepEqual(hls, [{ url: 'https://h/player/hls.js', integrity: CDN.integrity }, CDN]);
    assert.equal(dash, 'https://h/player/dash.all.min.js');
    assert.deepEqual(scriptsBeside('file:///a/live-player.js'), { hls: [CDN], dash: null });
    assert.deepEqual(scriptsBeside(null), { hls: [CDN], dash: null });
  });
});

suite('the usual player', () => {
  const list = 'http://h/live/playlist.m3u8', mpd = 'http://h/live/manifest.mpd';
  for (const [source, sync, hasMediaSource, hasDash, kind] of [
    [list, null, true, true, 'frames'], [list, 'a', true, false, 'ws'],
    [mpd, null, true, true, 'dashjs'], [mpd, null, true, false, 'frames'],
    [mpd, 'a', true, true, 'ws'], [list, null, false, false, 'native'],
    [list, 'a', false, false, 'native'],
  ]) {
    test(`${source}, group ${sync}, MSE ${hasMediaSource}, dash.js ${hasDash}: ${kind}`, () => {
      const found = usualPlayer({ source, sync, hasMediaSource, hasDash });
      assert.equal(found.kind, kind);
      assert.ok(found.reason.length > 10);
    });
  }

  test('each player is tried once', () => {
    for (const source of [list, mpd]) {
      const tried = new Set(), order = [];
      for (let next = 'ws'; next; next = nextPlayer(source, tried)) {
        order.push(next);
        tried.add(next);
      }
      assert.deepEqual(order, source === list ? ['ws', 'frames', 'hlsjs', 'native']
        : ['ws', 'frames', 'dashjs']);
    }
  });
});

suite('the state of a stream', () => {
  const online = { isOnline: true, since: 5e12 }, offline = { isOnline: false, since: 7e12 };
  for (const [status, presence, isReachable, state, since] of [
    ['wait', null, true, 'starting', 1000], ['live', null, true, 'live', 1000],
    ['live', online, true, 'live', 1000], ['live', offline, true, 'lost', 7e6],
    ['wait', online, false, 'unreachable', 1000], ['live', offline, false, 'live', 1000],
    ['dead', offline, true, 'ended', 1000],
    ['wait', { ...offline, hasFailed: true }, true, 'failed', 7e6],
    ['wait', { ...offline, hasFailed: true }, false, 'unreachable', 1000],
  ]) {
    test(`${status}, ${JSON.stringify(presence)}, reachable ${isReachable}: ${state}`, () => {
      assert.deepEqual(
        sourceStateOf({
          status: { name: status, since: 1000 }, services: { presence, isReachable },
          refusal: null, isAsking: false,
        }), { state, since });
    });
  }

  for (const [answer, status, presence, isAsking, state] of [
    [401, 'wait', null, false, 'refused'], [403, 'wait', online, false, 'refused'],
    [404, 'wait', null, false, 'refused'], [410, 'dead', null, false, 'refused'],
    [403, 'wait', offline, false, 'refused'], [503, 'wait', null, false, 'refused'],
    // The state of the source says more than a refusal for a while.
    [503, 'wait', offline, false, 'lost'],
    // A token may still come.
    [401, 'wait', null, true, 'starting'], [503, 'live', null, false, 'live'],
  ]) {
    const source = JSON.stringify(presence);
    test(`refused with ${answer}, ${status}, ${source}, ${isAsking}: ${state}`, () => {
      const found = sourceStateOf({
        status: { name: status, since: 1000 }, services: { presence, isReachable: true }, isAsking,
        refusal: { status: answer, reason: '', at: 2000, retryAt: null, expires: null },
      });
      assert.equal(found.state, state);
      if (state === 'refused') assert.deepEqual([found.since, found.status], [2000, answer]);
    });
  }
});

suite('the status of a playback', () => {
  const before = (name) => ({ name, since: 5, problem: name === 'wait' ? 'cut' : '' });
  for (const [name, next, problem, since, text] of [
    ['wait', 'wait', undefined, 5, 'cut'], ['wait', 'wait', 'refused', 5, 'refused'],
    ['wait', 'live', undefined, 9, ''], ['wait', 'dead', 'ended', 5, ''],
    ['live', 'live', undefined, 5, ''], ['live', 'wait', 'cut', 9, 'cut'],
    ['live', 'dead', undefined, 9, ''], ['dead', 'live', undefined, 9, ''],
  ]) {
    test(`${name}, ${next} ${problem ?? ''}: since ${since}, "${text}"`, () => {
      assert.deepEqual(
        statusAfter(before(name), next, problem, 9), { name: next, since, problem: text });
    });
  }

  test('sockets that are refused stay so until the viewer chooses a player', () => {
    const tried = new TriedPlayers(), found = [];
    for (const isRefused of [false, true, false]) {
      tried.leaveSockets(isRefused);
      found.push(tried.sockets);
    }
    assert.deepEqual(found, ['missing', 'refused', 'refused']);
    tried.forget();
    assert.equal(tried.sockets, 'usable');
  });
});

suite('the files of <live-player> without a document', () => {
  for (const name of ['live-player.js', 'live-player-later.js']) {
    test(`${name} can be imported`, async () => {
      const exported = await import(`../${name}`);
      assert.ok(Object.keys(exported).length > 0);
    });
  }
});
