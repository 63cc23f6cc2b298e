// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { kindNamed } from '../engine/players/kinds.js';
import { CDN, hlsLocations } from '../engine/players/script.js';
import { otherFormat, sourceOf } from '../engine/transport/source.js';
import { parametersOf } from '../page/parameters.js';

suite('locations of hls.js', () => {
  const own = 'http://h:8080/player/hls.js', cdn = CDN.url;
  for (const [requested, page, expected, isRefused] of [
    [null, 'http://h:8080/', [own, cdn], false],
    [null, 'file:///home/a/browser.html', [cdn], false],
    ['/player/x.js', 'http://h:8080/live/', ['http://h:8080/player/x.js'], false],
    ['/live/hls.js', 'http://h:8080/live/', [own, cdn], true],
    [cdn, 'http://h:8080/', [cdn], false],
    ['hls.js', 'file:///home/a/browser.html', ['file:///home/a/hls.js'], false],
    ['http://evil.example/hls.js', 'http://h:8080/', [own, cdn], true],
    ['http://h:8081/hls.js', 'http://h:8080/', [own, cdn], true],
    ['https://cdn.jsdelivr.net/npm/evil/x.js', 'http://h:8080/', [own, cdn], true],
    ['//evil.example/hls.js', 'file:///home/a/browser.html', [cdn], true],
    ['data:text/javascript,1', 'http://h:8080/', [own, cdn], true],
  ]) {
    test(`${requested} from ${page}`, () => {
      const { locations, warning } = hlsLocations(requested, page);
      assert.deepEqual(locations.map(({ url }) => url), expected);
      assert.equal(warning !== null, isRefused);
    });
  }

  test('below a path of a proxy hls.js is below it, too', () => {
    const page = 'http://h/cams/live/', root = 'http://h/cams/';
    assert.equal(hlsLocations(null, page, root).locations[0].url, `${root}player/hls.js`);
    assert.notEqual(hlsLocations('/player/x.js', page, root).warning, null);
    assert.equal(hlsLocations('../player/x.js', page, root).warning, null);
  });

  test('a script of the CDN is checked by its sum', () => assert.match(CDN.integrity, /^sha256-/));
});

suite('the stream to play', () => {
  for (const [requested, page, expected, isRefused] of [
    [null, 'http://h/', 'http://h/live.m3u8', false],
    [null, 'http://h/cam/', 'http://h/cam/ll.m3u8', false],
    [null, 'http://h/ldash/play/cam', 'http://h/cam/manifest.mpd', false],
    [null, 'http://h/ldash/play/cam/', 'http://h/cam/manifest.mpd', false],
    [null, 'http://h/t/abc/ldash/play/cam/manifest.mpd', 'http://h/t/abc/cam/manifest.mpd', false],
    [null, 'file:///a/browser.html', 'http://localhost:8080/live.m3u8', false],
    ['/live/manifest.mpd', 'http://h/', 'http://h/live/manifest.mpd', false],
    ['https://o/x.m3u8', 'file:///a/browser.html', 'https://o/x.m3u8', false],
    ['x.m3u8', 'file:///a/browser.html', 'http://localhost:8080/live.m3u8', true],
    ['javascript:alert(1)', 'http://h/', 'http://h/live.m3u8', true],
  ]) {
    test(`${requested} from ${page}`, () => {
      const { source, warning } = sourceOf(requested, page);
      assert.equal(source, expected);
      assert.equal(warning !== null, isRefused);
    });
  }

  test('the other format has our names only', () => {
    assert.equal(otherFormat('http://h/live.m3u8'), 'http://h/manifest.mpd');
    assert.equal(otherFormat('http://h/cam/playlist.m3u8'), 'http://h/cam/manifest.mpd');
    assert.equal(otherFormat('http://h/cam/ll.m3u8'), 'http://h/cam/manifest.mpd');
    assert.equal(otherFormat('http://h/cam/manifest.mpd?x'), 'http://h/cam/ll.m3u8?x');
    assert.equal(otherFormat('http://h/cam/auto/manifest.mpd'), 'http://h/cam/auto/playlist.m3u8');
    for (const name of ['cam/other.m3u8', 'olive.m3u8', 'cam/xmanifest.mpd']) {
      assert.equal(otherFormat(`http://h/${name}`), null);
    }
  });
});

suite('parameters', () => {
  test('each is read', () => {
    const found = parametersOf('http://h/?src=/cam/playlist.m3u8&player=hlsjs&target=0.5');
    assert.equal(found.source, 'http://h/cam/playlist.m3u8');
    assert.deepEqual([found.kind, found.target], ['hlsjs', 0.5]);
    assert.deepEqual(Object.values(found.warnings), Array(7).fill(null));
  });

  test('an instant, and whether there is a time bar', () => {
    for (const [query, at, hasTimeBar, isRefused] of [
      ['', null, null, false], ['?timebar=1', null, true, false],
      ['?timebar=0', null, false, false],
      ['?at=1795474095', 1795474095, true, false], ['?at=5&timebar=0', 5, false, false],
      ['?at=2026-11-23T23:48:15.5+01:00', 1795474095.5, true, false], ['?at=x', null, null, true],
    ]) {
      const found = parametersOf(`http://h/${query}`);
      assert.deepEqual([found.at, found.page.hasTimeBar], [at, hasTimeBar]);
      assert.equal(found.warnings.at !== null, isRefused);
    }
  });

  for (const [query, expected] of [
    ['', [false, false, true, true, true]], ['?panel=1', [false, true, true, true, true]],
    ['?embed', [true, false, true, true, true]],
    ['?embed=0&panel', [false, true, true, true, true]],
    ['?embed&panel=1', [true, false, true, true, true]],
    ['?embed&controls=0&muted=0&autoplay=0', [true, false, false, false, false]],
  ]) {
    test(`the elements of the page: ${query || 'none'}`, () => {
      const { page } = parametersOf(`http://h/${query}`);
      const found = [
        page.isEmbedded, page.hasPanel, page.hasControls, page.isMuted, page.startsItself,
      ];
      assert.deepEqual(found, expected);
    });
  }

  test('an invalid target and an unknown player give warnings', () => {
    for (const target of ['', '0.04', '11', 'x']) {
      const found = parametersOf(`http://h/?target=${target}`);
      assert.equal(found.target, null);
      assert.equal(found.warnings.target, target === '' ? null
        : `Invalid target "${target}" (expected 0.05–10 seconds)`);
    }
    const found = parametersOf('http://h/?player=vlc');
    assert.equal(found.kind, null);
    assert.match(found.warnings.player, /"vlc"/);
  });

  test('a player is one of four names, and no name that every object has', () => {
    for (const kind of ['frames', 'hlsjs', 'dashjs', 'native']) assert.equal(kindNamed(kind), kind);
    for (const name of [null, '', 'vlc', 'toString', 'constructor', '__proto__']) {
      assert.equal(kindNamed(name), null, `${name}`);
    }
  });
});
