// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { accessUnitsOf, presentationTime, sampleDefaults } from '../engine/cmaf/samples.js';
import { CanvasDisplay } from '../engine/decode/canvas-display.js';
import { DecoderFeed, webCodecsProblem } from '../engine/decode/decoder-feed.js';

/** A number, most significant byte first. @param {number} value @param {number} size */
function number(value, size = 4) {
  const byte = (_, i) => Math.floor(value / 2 ** (8 * (size - 1 - i))) % 256;
  return Array.from({ length: size }, byte);
}

/** @param {string} type @param {...number[]} parts */
function box(type, ...parts) {
  const body = parts.flat();
  return [...number(body.length + 8), ...Buffer.from(type), ...body];
}

const KEY = 0x02000000, DELTA = 0x01010000;

/** A chunk of one frame. @param {number} ticks its time @param {boolean} isKey */
function chunk(ticks, isKey) {
  const data = [1, 2, 3], time = Math.round(ticks), flags = number(isKey ? KEY : DELTA);
  const moof = (offset) => box('moof', box('mfhd', number(0), number(1)), box(
    'traf', box('tfhd', number(0x20000), number(1)),
    box('tfdt', number(0x1000000), number(time, 8)),
    box('trun', number(0x701), number(1), number(offset), number(3000), number(3), flags)));
  return new Uint8Array([...moof(moof(0).length + 8), ...box('mdat', data)]);
}

suite('samples of a chunk', () => {
  test('one frame with all members in trun', () => {
    const bytes = chunk(9000, true);
    assert.deepEqual(accessUnitsOf(bytes, 9000, { duration: 0, size: 0, flags: 0 }), [{
      decodeTime: 9000, time: 9000, duration: 3000, isKey: true, data: new Uint8Array([1, 2, 3]),
    }]);
    const [delta] = accessUnitsOf(chunk(1, false), 1, { duration: 0, size: 0, flags: 0 });
    assert.equal(delta.isKey, false);
  });

  test('defaults of trex and tfhd, first flags, and composition offsets below 0', () => {
    const traf = (trun) => box('moof', box('traf',
      box('tfhd', number(0x20010), number(1), number(2)), trun));
    const trun = box('trun', number(0x01000804), number(2), number(KEY), number(3000),
      number(2 ** 32 - 1500));
    const bytes = new Uint8Array([...traf(trun), ...box('mdat', [1, 2, 3, 4])]);
    const trex = box(
      'trex', number(0), number(1), number(1), number(1500), number(9), number(DELTA));
    const defaults = sampleDefaults(new Uint8Array(box('moov', box('mvex', trex))));
    assert.deepEqual(defaults, { duration: 1500, size: 9, flags: DELTA });
    const found = accessUnitsOf(bytes, 6000, defaults);
    assert.deepEqual(found.map(({ decodeTime, time, isKey, data }) => (
      [decodeTime, time, isKey, ...data])), [[6000, 9000, true, 1, 2], [7500, 6000, false, 3, 4]]);
  });

  test('the presentation time of a chunk is its decode time plus the signed offset', () => {
    const shifted = (offset) => new Uint8Array(box('moof', box('traf',
      box('trun', number(0x01000F01), number(1), number(0), number(3000), number(3), number(DELTA),
        number(offset)))));
    assert.equal(presentationTime(shifted(6000), 9000), 15000);
    assert.equal(presentationTime(shifted(2 ** 32 - 3000), 9000), 6000);
    assert.equal(presentationTime(chunk(9000, true), 9000), 9000);
  });

  test('sizes beyond the chunk, and a track run that is too short, are errors', () => {
    const none = { duration: 0, size: 0, flags: 0 };
    assert.throws(() => accessUnitsOf(chunk(0, true).subarray(0, -1), 0, none), /ends after/);
    const short = box('moof', box('traf', box('tfhd', number(0), number(1)),
      box('trun', number(0x100), number(5))));
    assert.throws(() => accessUnitsOf(new Uint8Array(short), 0, none), /too short/);
    assert.throws(() => accessUnitsOf(new Uint8Array(box('moof')), 0, none), /without/);
  });
});

/** A frame of the decoder, at `time` in seconds. */
function frameAt(time) {
  return {
    timestamp: Math.round(time * 1e6), duration: 33333, displayWidth: 640, displayHeight: 360,
    isClosed: false, close() { this.isClosed = true; },
  };
}

/** A display on a clock of the test, with its video element, and what it has shown. */
function displayed(t) {
  const before = {};
  const events = [], shown = [], state = { now: 1000 };
  const replace = (name, value) => {
    before[name] = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  replace('document', {
    hidden: false,
    createElement: () => ({
      setAttribute() {}, addEventListener() {}, remove() {},
      getContext: () => ({ drawImage() {} }),
    }),
  });
  replace('requestAnimationFrame', () => 1);
  replace('cancelAnimationFrame', () => {});
  replace('performance', { timeOrigin: 0, now: () => state.now });
  t.after(() => {
    for (const [name, descriptor] of Object.entries(before)) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  });
  const video = {
    paused: false, getAttribute: () => null, after() {},
    dispatchEvent: ({ type }) => events.push(type),
  };
  const display = new CanvasDisplay(
    video, (at, { timestamp }) => shown.push([at, timestamp / 1e6]));
  const refresh = (now) => {
    state.now = now;
    display.refresh(now);
  };
  refresh(1000 - 1000 / 60);
  state.now = 1000;
  return { display, video, events, shown, state, refresh };
}

suite('a canvas that shows frames', () => {
  test('each frame at the refresh nearest to its time; of several due ones the newest', (t) => {
    const { display, shown, refresh } = displayed(t);
    display.currentTime = 10;  // at 1000 ms
    for (const time of [10.02, 10.05]) display.add(frameAt(time));
    refresh(991);  // on the screen at 1007.7 ms
    assert.deepEqual(shown, []);
    refresh(998);
    assert.equal(shown.length, 1);
    assert.equal(shown[0][1], 10.02);
    for (const time of [10.08, 10.11]) display.add(frameAt(time));
    refresh(1095);
    assert.deepEqual(shown.map(([, time]) => time), [10.02, 10.11]);
    assert.equal(display.getVideoPlaybackQuality().droppedVideoFrames, 2);
  });

  test('the clock runs on without frames; a stall lasts from 0.1 s to the next frame', (t) => {
    const { display, events, shown, refresh, state } = displayed(t);
    display.currentTime = 10;
    display.add(frameAt(10));
    refresh(1001);
    assert.deepEqual(events, ['playing']);
    refresh(1130);
    assert.deepEqual([events.length, display.readyState], [1, 4]);
    refresh(1140);
    assert.deepEqual([events.at(-1), display.readyState], ['waiting', 2]);
    assert.ok(Math.abs(display.currentTime - 10.033333) < 1e-6);
    state.now = 2000;
    for (const time of [10.033, 10.5, 10.99]) display.add(frameAt(time));
    refresh(2000);
    assert.deepEqual([events.at(-1), display.readyState], ['playing', 4]);
    assert.equal(shown.at(-1)[1], 10.99);
    assert.ok(Math.abs(display.position() - 11) < 1e-9);
  });

  test('frames that all come late are no stall; the picture that stands still is one', (t) => {
    const { display, events, shown, refresh } = displayed(t);
    display.currentTime = 10;
    for (let i = 0; i < 60; i += 1) {  // each one 10 ms later than the one before, up to 0.6 s
      display.add(frameAt(10 + i / 30));
      refresh(1000 + i * (1000 / 30 + 10));
    }
    assert.equal(shown.length, 60);
    assert.ok(!events.includes('waiting'));
    refresh(3680);
    assert.equal(events.at(-1), 'waiting');
  });

  test('frames that were shown are not shown again after a segment is read again', (t) => {
    const { display, shown, refresh } = displayed(t);
    display.currentTime = 10;
    display.add(frameAt(10));
    refresh(1001);
    const again = frameAt(9.9);
    display.add(again);
    refresh(1020);
    assert.equal(again.isClosed, true);
    assert.equal(shown.length, 1);
  });

  test('the clock follows the audio that is heard, and runs on from there without it', (t) => {
    const { display, state } = displayed(t), heard = { time: null };
    display.clock.audio = { positionAt: () => heard.time, stop() { heard.time = null; } };
    display.currentTime = 10;
    state.now = 1100;
    heard.time = 10.07;
    assert.equal(display.position(), 10.07);
    display.followAudio();
    heard.time = null;
    state.now = 1200;
    assert.ok(Math.abs(display.position() - 10.17) < 1e-9);
    heard.time = 10.2;
    display.currentTime = 12;  // a seek ends the audio
    assert.equal(display.position(), 12);
  });

  test('a low rate is lower until audio joins the picture', (t) => {
    const { display, state } = displayed(t);
    display.currentTime = 10;
    display.setJoining(true);
    display.playbackRate = 0.95;
    state.now = 2000;
    assert.ok(Math.abs(display.position() - 10.8) < 1e-9);
    display.setJoining(false);
    state.now = 3000;
    assert.ok(Math.abs(display.position() - 11.75) < 1e-9);
    assert.equal(display.playbackRate, 0.95);
  });

  test('a pause stops the clock, and playback continues with a new position', (t) => {
    const { display, video, state } = displayed(t);
    display.currentTime = 10;
    display.shown = 1;
    state.now = 1500;
    video.paused = true;
    assert.equal(display.position(), 10.5);
    state.now = 9000;
    assert.equal(display.position(), 10.5);
    video.paused = false;
    assert.equal(display.seeking, true);
    assert.equal(display.wasResumed, true);
    state.now = 9100;
    display.playbackRate = 1.1;
    state.now = 10100;
    assert.ok(Math.abs(display.position() - 11.7) < 1e-9);
  });
});

/** The audio output of a stream without audio. */
const SILENT = { isOn: false, lead: 0, track: null, pump() {}, setTrack() {} };

/** A feed whose decoder records what it gets. */
function feeding(t) {
  const { display, state } = displayed(t), decoded = [], failures = [];
  const decoders = [];
  globalThis.EncodedVideoChunk = class { constructor(content) { Object.assign(this, content); } };
  globalThis.VideoDecoder = class {
    constructor(events) {
      this.events = events;
      this.state = 'unconfigured';
      this.decodeQueueSize = 0;
      decoders.push(this);
    }

    configure() { this.state = 'configured'; }

    decode({ timestamp, type }) { decoded.push([timestamp / 1e6, type]); }

    flush() { return Promise.resolve(); }

    close() { this.state = 'closed'; }
  };
  t.after(() => {
    delete globalThis.VideoDecoder;
    delete globalThis.EncodedVideoChunk;
  });
  const feed = new DecoderFeed(display, SILENT, (reason) => failures.push(reason), () => {});
  const config = { codec: 'avc1.64001f', description: new Uint8Array(0), optimizeForLatency: true };
  feed.timescale = 90000;
  feed.format = { config, defaults: { duration: 0, size: 0, flags: 0 } };
  return { feed, display, state, decoded, decoders, failures };
}

suite('frames that wait for the decoder', () => {
  test('they are decoded from a key frame on, at most 0.25 s before their time', (t) => {
    const { feed, display, decoded, state } = feeding(t);
    display.currentTime = 10;
    display.clock.isPaused = false;
    feed.append(chunk(10 * 90000, false));
    feed.append(chunk(10.2 * 90000, true));
    feed.append(chunk(10.3 * 90000, false));
    assert.deepEqual(decoded, [[10.2, 'key']]);
    assert.ok(Math.abs(feed.end() - 10.3333333) < 1e-6);
    state.now = 1100;
    feed.pump();
    assert.deepEqual(decoded, [[10.2, 'key'], [10.3, 'delta']]);
  });

  test('frames before the newest key frame that is due are left out', (t) => {
    const { feed, display, decoded, decoders, state } = feeding(t);
    display.currentTime = 10;
    feed.append(chunk(10 * 90000, true));
    decoders[0].decodeQueueSize = 4;
    for (const time of [10.1, 10.2]) feed.append(chunk(time * 90000, false));
    feed.append(chunk(10.3 * 90000, true));
    decoders[0].decodeQueueSize = 0;
    state.now = 1400;
    feed.pump();
    assert.deepEqual(decoded, [[10, 'key'], [10.3, 'key']]);
  });

  test('a hidden page keeps the newest key frame and what follows', (t) => {
    const { feed, display, decoded } = feeding(t);
    display.currentTime = 10;
    display.shown = 1;
    document.hidden = true;
    for (let i = 0; i < 300; i += 1) feed.append(chunk((10 + i / 30) * 90000, i % 30 === 0));
    assert.ok(feed.queue.length <= 30, `${feed.queue.length}`);
    assert.deepEqual(decoded, []);
    document.hidden = false;
  });

  test('a new header means a new decoder; the old one ends after its frames', async (t) => {
    const { feed, display, decoders } = feeding(t);
    display.currentTime = 10;
    feed.append(chunk(10 * 90000, true));
    feed.format = { ...feed.format, config: { ...feed.format.config } };
    feed.append(chunk(10.1 * 90000, true));
    assert.deepEqual(decoders.map(({ state }) => state), ['configured', 'configured']);
    await new Promise((resolve) => { setImmediate(resolve); });
    assert.deepEqual(decoders.map(({ state }) => state), ['closed', 'configured']);
    feed.close();
    assert.equal(decoders[1].state, 'closed');
  });

  test('an error of the decoder is reported once it is the current one', (t) => {
    const { feed, display, decoders, failures } = feeding(t);
    display.currentTime = 10;
    feed.append(chunk(10 * 90000, true));
    decoders[0].events.error(new Error('broken'));
    assert.deepEqual(failures, ['decoder: broken']);
  });
});

test('why a browser cannot play by WebCodecs', () => {
  assert.match(webCodecsProblem(), /no WebCodecs/);
  globalThis.isSecureContext = false;
  assert.match(webCodecsProblem(), /HTTPS or localhost/);
  delete globalThis.isSecureContext;
});
