// SPDX-License-Identifier: Apache-2.0
// The publisher page without a browser: grid, clocks, bit rate, messages.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AudioTimeline, CaptureClock } from '../publish/capture-clock.js';
import { FrameGrid, RateMeter } from '../publish/frame-grid.js';
import { frameMessage } from '../publish/frame-message.js';
import { RateControl } from '../publish/rate-control.js';
import { wholeFragments } from '../publish/recorded-upload.js';
import { RetryWait } from '../publish/retry-wait.js';
import { sendingAfter } from '../publish/sending.js';
import { VideoSender } from '../publish/video-sender.js';

test('the rate of a camera is the nearest usual one, whatever its jitter', () => {
  for (const [interval, rate] of [[33.4, 30], [50, 20], [40, 25], [66, 15], [16.7, 60]]) {
    const meter = new RateMeter();
    for (let index = 0; index < 40; index += 1) meter.add(index * interval + (index % 3) * 4);
    assert.equal(meter.rate, rate);
    assert.ok(meter.isKnown);
  }
  assert.equal(new RateMeter().rate, 30);
});

test('frames with jitter have rising places, and gaps are filled', () => {
  const grid = new FrameGrid(20, 1000);
  const start = 1795000000000;
  const places = [0, 48, 104, 160, 190, 310].map((time) => {
    const place = grid.place(start + time);
    for (const slot of place?.repeats ?? []) grid.take(slot, grid.isKey(slot));
    if (place) grid.take(place.slot, grid.isKey(place.slot));
    return place && [place.slot - start / 50, place.repeats.length];
  });
  assert.deepEqual(places, [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [6, 1]]);
  assert.equal(grid.place(start + 310), null, 'a place is taken once');
  assert.equal(grid.presentation(start / 50), start * 1000);
});

test('each segment begins with a key frame, also if frames before it are left out', () => {
  const grid = new FrameGrid(10, 1000);
  const keys = [];
  for (let slot = 100; slot < 145; slot += 1) {
    const isKey = grid.isKey(slot);
    if (slot % 7 === 3 && !isKey) {
      grid.leaveOut(slot);
      continue;
    }
    grid.take(slot, isKey);
    if (isKey) keys.push(slot);
  }
  assert.deepEqual(keys, [100, 110, 120, 130, 140]);
});

test('a requested key frame is beside those of segments', () => {
  const grid = new FrameGrid(10, 1000);
  grid.take(100, true);
  grid.take(104, true);
  assert.ok(!grid.isKey(109));
  assert.ok(grid.isKey(110));
});

test('another size begins a segment', () => {
  const grid = new FrameGrid(10, 1000);
  grid.take(100, true);
  grid.breakOff();
  grid.take(104, true);
  assert.ok(!grid.isKey(110));
  assert.ok(grid.isKey(114));
});

test('after a long gap segments begin with the next key frame', () => {
  const grid = new FrameGrid(10, 1000);
  grid.take(100, true);
  grid.take(101, false);
  const place = grid.place(11500);
  assert.deepEqual(place, { slot: 115, repeats: [] });
  assert.ok(grid.isKey(115));
  grid.take(115, true);
  assert.ok(!grid.isKey(120));
  assert.ok(grid.isKey(125));
});

/** A frame of 640x360 that tells whether it is closed. */
class Frame {
  /** @param {Frame | string} source @param {{ timestamp: number }} [options] */
  constructor(source, options) {
    this.name = source instanceof Frame ? source.name : source;
    this.timestamp = options?.timestamp ?? 0;
    [this.displayWidth, this.displayHeight] = [640, 360];
    this.isClosed = false;
  }

  close() { this.isClosed = true; }
}

/** A sender with an encoder that notes names and places, 30 frames per second. */
function sender() {
  /** @type {any} */ (globalThis).VideoFrame = Frame;
  /** @type {string[]} */
  const coded = [];
  const made = new VideoSender(/** @type {any} */ ({
    describe: () => {}, isCongested: () => false, onFailure: assert.fail,
  }), 1000);
  made.config = /** @type {any} */ ({ width: 640, height: 360 });
  made.encoder = /** @type {any} */ ({
    state: 'configured', encodeQueueSize: 0,
    encode: (/** @type {Frame} */ { name, timestamp }, /** @type {any} */ { keyFrame }) => {
      coded.push(`${name}${Math.round(timestamp * 0.00003)}${keyFrame ? ' key' : ''}`);
    },
  });
  made.begin(1000);
  const take = (/** @type {string} */ name, /** @type {number} */ time) => {
    const frame = new Frame(name);
    made.take(/** @type {any} */ (frame), time);
    return frame;
  };
  return { made, coded, take };
}

test('a picture that stands still is repeated, but for the last moments', () => {
  const { made, coded, take } = sender(), start = 1795000000000;
  for (let index = 0; index < 15; index += 1) take('a', start + index * 100 / 3);
  coded.length = 0;
  const last = start + 14 * 100 / 3;
  for (let time = 0; time < 160; time += 20) made.repeat(last + time);
  assert.deepEqual(coded, []);
  made.repeat(last + 250);
  assert.deepEqual(coded, ['a4', 'a5', 'a6']);
  take('b', last + 260);
  assert.deepEqual(coded.slice(3), ['a7', 'a8', 'a9', 'a10', 'b11']);
});

test('a frame whose place a repeat has taken is the next repeat', () => {
  const { made, coded, take } = sender(), start = 1795000000000;
  const frames = [take('a', start)];
  made.repeat(start + 900);
  assert.deepEqual(coded, [], 'the rate is unknown for a second');
  made.repeat(start + 1150);
  assert.deepEqual(coded, ['a0 key']);
  frames.push(take('b', start + 990), take('c', start + 995));
  made.repeat(start + 1250);
  assert.deepEqual(coded.slice(1), ['c1', 'c2', 'c3']);
  assert.deepEqual(frames.map(({ isClosed }) => isClosed), [true, true, false]);
});

for (const [event, ...after] of [
  ['begin', 'key', 'key', 'key'], ['key', 'off', 'key', 'key'], ['encode', 'off', 'on', 'on'],
  ['end', 'off', 'off', 'off'],
]) {
  for (const [index, state] of ['off', 'key', 'on'].entries()) {
    test(`frames are sent: ${state}, ${event}: ${after[index]}`, () => {
      assert.equal(sendingAfter(state, event), after[index]);
    });
  }
}

test('the first frame of a connection, and a requested one, are key frames', () => {
  const { made, coded, take } = sender(), start = 1795000000000;
  let index = 0;
  const frame = (/** @type {string} */ name) => {
    index += 1;
    take(name, start + index * 100 / 3);
  };
  while (coded.length < 2) frame('a');
  made.requestKey();
  frame('b');
  frame('c');
  made.pause();
  made.requestKey();
  frame('d');
  made.begin(1000);
  frame('e');
  frame('f');
  assert.deepEqual(coded.map((text) => text.replace(/\d+/, '')),
    ['a key', 'a', 'b key', 'c', 'd key', 'e', 'f'], 'd is repeated at its place');
});

test('without its source nothing is repeated', () => {
  const { made, coded, take } = sender(), frame = take('a', 1795000000000);
  made.changeSource(false);
  made.repeat(1795000002000);
  assert.deepEqual(coded, []);
  assert.ok(frame.isClosed);
});

test('a screen has the usual rate, however rare its changes are', () => {
  const { made, take } = sender();
  made.changeSource(true);
  for (let index = 0; index < 20; index += 1) take('a', 1795000000000 + index * 200);
  assert.equal(made.rate, 30);
});

test('capture times follow the most prompt arrival', () => {
  const clock = new CaptureClock();
  const delays = [9, 4, 0.5, 30, 12];
  const times = delays.map((delay, index) => clock.take(index * 33e3, 500 + index * 33 + delay));
  assert.ok(Math.abs(times[4] - (500 + 4 * 33 + 0.5)) < 1e-6);
  assert.ok(Math.abs(clock.take(7e9, 600) - 600) < 1e-6, 'another base restarts the clock');
});

test('audio is continuous although capture times jitter, and follows a jump', () => {
  const timeline = new AudioTimeline();
  assert.equal(timeline.presentation(0), null);
  timeline.follow(0, 1000, 0);
  const times = Array.from({ length: 50 }, (_, index) => {
    timeline.follow(index * 20000, 1000 + index * 20 + (index % 2) * 8, index * 20);
    return timeline.presentation(index * 20000);
  });
  const steps = times.slice(1).map((time, index) => time - times[index]);
  assert.ok(steps.every((step) => Math.abs(step - 20000) <= 40), String(steps));
  timeline.follow(2e6, 9000, 3000);
  assert.equal(timeline.presentation(2e6), 9000000);
});

test('a message has its frame after 24 bytes', () => {
  const chunk = { byteLength: 2, copyTo: (/** @type {Uint8Array} */ bytes) => bytes.set([7, 8]) };
  const bytes = frameMessage({
    isKey: true, group: 258, number: 3, sent: 2 ** 32 + 5.7, captured: 1795000000000000,
    presentation: 1795000000000000 - 9,
  }, chunk);
  assert.deepEqual([...bytes], [
    4, 17, 1, 2, 0, 0, 0, 3, 0, 0, 0, 5, 0, 6, 96, 139, 1, 95, 48, 0, 255, 255, 255, 247, 7, 8]);
});

/** A control whose frames need `transit` ms each 33 ms, from `from` to `to`. */
function run(control, from, to, transit) {
  const changes = [];
  for (let now = from, number = from; now < to; now += 33, number += 33) {
    control.sent(number, now);
    control.acknowledged(number, now + transit, now + transit + 5);
    const kbps = control.step(now);
    if (kbps !== null) changes.push(Math.round(kbps));
  }
  return changes;
}

test('the bit rate falls while the way is slow, and rises again', () => {
  const control = new RateControl(2000);
  assert.deepEqual(run(control, 0, 3000, 10), []);
  const falls = run(control, 3003, 6003, 180);
  assert.deepEqual(falls.slice(0, 2), [1400, 980]);
  assert.ok(!control.isCongested(0, 6003));
  const rises = run(control, 6006, 24006, 10);
  assert.ok(rises.length > 1);
  assert.deepEqual(rises, [...rises].sort((a, b) => a - b));
});

test('frames are left out if the way or the encoder is late', () => {
  const control = new RateControl(2000);
  assert.ok(control.isCongested(3, 0));
  run(control, 0, 1000, 10);
  control.sent(5000, 1000);
  assert.ok(!control.isCongested(0, 1400));
  assert.ok(control.isCongested(0, 1600));
  assert.ok(!control.isLost(3900));
  assert.ok(control.isLost(4100));
  control.acknowledged(5000, 1300, 4200);
  assert.ok(control.isCongested(0, 4200));
});

test('the server lowers the bit rate, and does not raise it', () => {
  const control = new RateControl(2000);
  assert.equal(control.limit(900, 0), 900);
  assert.equal(control.limit(1500, 0), null);
  assert.equal(control.limit(Number.NaN, 0), null);
});

test('attempts are a second apart while the server keeps the publisher, then rarer', () => {
  const retries = new RetryWait();
  let now = 0;
  const waits = Array.from({ length: 14 }, (_, index) => {
    const wait = retries.next(index === 0, now, null);
    now += wait;
    return wait;
  });
  assert.deepEqual(waits, [250, 500, ...new Array(10).fill(1000), 4000, 4000]);
  retries.connected();
  assert.equal(retries.next(true, now, null), 250);
  assert.equal(retries.next(false, now + 250, 3000), 3000, 'the server may ask for more');
  retries.restart();
  const first = Array.from({ length: 6 }, () => retries.next(false, now, null));
  assert.deepEqual(first, [250, 500, 1000, 2000, 4000, 4000], 'it was never live');
});

test('whole fragments end with moov or mdat', () => {
  const box = (/** @type {string} */ type, count = 0) => [
    0, 0, 0, 8 + count, ...new TextEncoder().encode(type), ...new Array(count).fill(1)];
  const bytes = new Uint8Array([
    ...box('ftyp', 4), ...box('moov', 5), ...box('moof', 3), ...box('mdat', 9), ...box('moof', 3)]);
  assert.equal(wholeFragments(bytes), 12 + 13 + 11 + 17);
  assert.equal(wholeFragments(bytes.subarray(0, 30)), 25);
  assert.equal(wholeFragments(bytes.subarray(0, 20)), 0);
  assert.equal(wholeFragments(new Uint8Array([0, 0, 0, 1, 1, 1, 1, 1, 1])), 0);
});
