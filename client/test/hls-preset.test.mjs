// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { playLowLatency } from '../npm/hls-preset.js';
import { useLowLatency } from '../npm/video-js.js';

/** The interface of hls.js that the preset uses. */
class Hls {
  static Events = {
    LEVEL_LOADED: 'level', MANIFEST_PARSED: 'manifest', ERROR: 'error', DESTROYING: 'destroying',
    MEDIA_ATTACHED: 'attached',
  };

  static ErrorTypes = { MEDIA_ERROR: 'media' };

  static DefaultConfig = { abrController: class {}, loader: class {} };

  static isSupported() { return true; }

  constructor(config) {
    this.config = config;
    this.calls = [];
    this.listeners = {};
  }

  on(name, body) { (this.listeners[name] ??= []).push(body); }

  once(name, body) { this.on(name, body); }

  emit(name, data) { for (const body of this.listeners[name] ?? []) body(name, data); }

  loadSource(url) { this.calls.push(`load ${url}`); }

  attachMedia() {
    this.calls.push('attach');
    this.emit('attached');
  }

  recoverMediaError() { this.calls.push('recover'); }

  destroy() {
    this.calls.push('destroy');
    this.emit('destroying');
  }
}

/** A video element with `ahead` s of media after its position. */
function videoWith(ahead) {
  return {
    currentTime: 10, playbackRate: 1, paused: false, seeking: false,
    buffered: { length: 1, start: () => 0, end: () => 10 + ahead },
  };
}

suite('the preset of hls.js', () => {
  test('has the settings of low latency, of which a page replaces some', () => {
    const config = { abrEwmaFastLive: 3 };
    const playback = playLowLatency(Hls, videoWith(1), '/live.m3u8', { config });
    assert.equal(playback.hls.config.lowLatencyMode, true);
    assert.equal(playback.hls.config.liveSyncOnStallIncrease, 0);
    assert.equal(playback.hls.config.abrEwmaFastLive, 3);
    assert.deepEqual(playback.hls.calls, ['attach', 'load /live.m3u8']);
    playback.stop();
  });

  test('holds PART-HOLD-BACK + 0.05 s, or the target of the page', () => {
    const usual = playLowLatency(Hls, videoWith(1), '/a');
    usual.hls.emit('level', { details: { partHoldBack: 0.3 } });
    assert.equal(usual.target, 0.35);
    const fixed = playLowLatency(Hls, videoWith(1), '/a', { target: 0.6 });
    fixed.hls.emit('level', { details: { partHoldBack: 0.3 } });
    assert.equal(fixed.target, 0.6);
    usual.stop();
    fixed.stop();
  });

  test('plays faster while it is late, and seeks if it is far behind', () => {
    const video = videoWith(0.6), playback = playLowLatency(Hls, video, '/a', { target: 0.35 });
    const { hls } = playback;
    playback.step();
    assert.equal(video.playbackRate, 1, 'without a playlist nothing is known');
    hls.latestLevelDetails = { partList: [{}] };
    hls.playingDate = new Date(Date.now() - 550);
    playback.step();
    assert.ok(video.playbackRate > 1 && video.playbackRate <= 1.2, `${video.playbackRate}`);
    video.buffered.end = () => 15;
    hls.playingDate = new Date(Date.now() - 5350);
    for (let i = 0; i < 3; i += 1) playback.step();
    assert.ok(video.currentTime > 13 && video.currentTime < 15, `${video.currentTime}`);
    playback.stop();
  });

  test('recovers a fatal error of media, and ends with the instance', () => {
    const playback = playLowLatency(Hls, videoWith(1), '/a'), { hls } = playback;
    hls.emit('error', { fatal: false, type: 'media' });
    hls.emit('error', { fatal: true, type: 'media' });
    assert.deepEqual(hls.calls.slice(2), ['recover']);
    hls.destroy();
    playback.stop();
    assert.deepEqual(hls.calls.slice(2), ['recover', 'destroy'], 'not destroyed twice');
  });
});

suite('the adapter of Video.js', () => {
  test('takes sources of HLS before the others, and ends them with the player', () => {
    const handlers = ['own'];
    const tech = { registerSourceHandler: (one, index) => handlers.splice(index, 0, one) };
    useLowLatency({ getTech: (name) => (name === 'Html5' ? tech : null) }, Hls);
    const [handler] = handlers;
    assert.equal(handler.canPlayType('application/x-mpegURL'), 'probably');
    assert.equal(handler.canHandleSource({ type: 'video/mp4' }), '');
    assert.equal(handler.canHandleSource({}), '');
    const playing = handler.handleSource({ src: '/live.m3u8' }, { el: () => videoWith(1) });
    assert.deepEqual(playing.playback.hls.calls, ['attach', 'load /live.m3u8']);
    playing.dispose();
    assert.equal(playing.playback.hls.calls.at(-1), 'destroy');
  });
});
