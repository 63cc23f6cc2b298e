// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AudioSchedule } from '../engine/audio/audio-schedule.js';
import { OutputClock } from '../engine/audio/output-clock.js';
import { PCMBuffer } from '../engine/audio/pcm-buffer.js';

const RATE = 48000;

/** A block whose samples are their own index since `base`. */
function block(time, length = 1024, base = 0, sampleRate = RATE) {
  const first = Math.round((time - base) * sampleRate);
  const samples = Float32Array.from({ length }, (_, i) => first + i);
  return { time, sampleRate, channels: [samples] };
}

/** @param {number} a @param {number} b @param {number} margin */
const near = (a, b, margin = 1e-6) => assert.ok(Math.abs(a - b) <= margin, `${a} is not ${b}`);

suite('a buffer of samples', () => {
  test('blocks whose times are rounded are read without a step', () => {
    const buffer = new PCMBuffer();
    for (let i = 0; i < 4; i += 1) {
      buffer.add({ ...block(i * 1024 / RATE), time: Math.round(i * 1024e6 / RATE) / 1e6 });
    }
    buffer.seek(0.001);
    const found = [];
    for (let part; (part = buffer.read(700, 1)[0]).length > 0;) found.push(...part);
    assert.deepEqual(found, Array.from({ length: 4096 - 48 }, (_, i) => 48 + i));
    near(buffer.time, 4096 / RATE);
  });

  test('a rate is read by interpolation, also over the ends of blocks', () => {
    const buffer = new PCMBuffer();
    for (let i = 0; i < 6; i += 1) buffer.add(block(i * 1024 / RATE));
    buffer.seek(0.01);
    const found = [];
    for (let part; (part = buffer.read(500, 1.1)[0]).length > 0;) found.push(...part);
    assert.ok(found.length > 5000);
    found.forEach((value, i) => near(value, 480 + 1.1 * i, 0.01));
  });

  test('reading ends before a gap, and goes on after a seek', () => {
    const buffer = new PCMBuffer();
    buffer.add(block(0));
    buffer.add(block(0.1));
    assert.equal(buffer.read(5000, 1)[0].length, 1024);
    assert.equal(buffer.read(5000, 1)[0].length, 0);
    near(buffer.firstFrom(0.03), 0.1);
    buffer.seek(0.1);
    assert.equal(buffer.read(5000, 1)[0][0], 4800);
  });

  test('samples that arrive twice are kept once; a far earlier time starts again', () => {
    const buffer = new PCMBuffer();
    buffer.add(block(100));
    buffer.add(block(100));
    buffer.add(block(100 + 512 / RATE));
    near(buffer.end, 100 + 1536 / RATE);
    buffer.add(block(5));
    near(buffer.end, 5 + 1024 / RATE);
    buffer.add({ time: 6, sampleRate: RATE, channels: [] });
    buffer.add({ time: 6, sampleRate: RATE, channels: [new Float32Array(0)] });
    near(buffer.end, 5 + 1024 / RATE);
  });

  test('another format is read after a seek', () => {
    const buffer = new PCMBuffer();
    buffer.add(block(0));
    buffer.add(block(1024 / RATE, 1024, 0, 44100));
    buffer.read(5000, 1);
    assert.equal(buffer.read(10, 1)[0].length, 0);
    buffer.seek(0.03);
    assert.equal(buffer.sampleRate, 44100);
    assert.equal(buffer.read(10, 1)[0].length, 10);
  });
});

/** A schedule with `seconds` of samples from media time 100 on; the picture is at 100 + time. */
function scheduled(seconds, delay = 0) {
  const buffer = new PCMBuffer(), schedule = new AudioSchedule(buffer);
  const picture = { rate: 1, positionAt: (time) => 100 + time - delay };
  let end = 0;
  const fill = (until) => {
    for (; end < until; end += 1024 / RATE) buffer.add(block(100 + end, 1024, 100));
  };
  fill(seconds);
  return { buffer, schedule, picture, fill };
}

suite('when which samples are played', () => {
  test('the sound joins the picture once the samples have been there for a while', () => {
    const { schedule, picture } = scheduled(1);
    assert.deepEqual(schedule.plan(0, RATE, picture), []);
    assert.deepEqual(schedule.plan(0.1, RATE, picture), []);
    const blocks = schedule.plan(0.14, RATE, picture);
    near(blocks[0].at, 0.15, 1 / RATE);
    near(blocks[0].channels[0][0], 0.15 * RATE, 1);
    assert.deepEqual(blocks.map(({ isFirst }) => isFirst).slice(0, 3), [true, false, false]);
    near(schedule.positionAt(0.2), 100.2, 1 / RATE);
    assert.equal(schedule.positionAt(0.1), null);
  });

  test('blocks follow one another by the sample', () => {
    const { schedule, picture } = scheduled(2);
    const blocks = [];
    for (let now = 0; now < 1; now += 0.016) blocks.push(...schedule.plan(now, RATE, picture));
    for (let i = 1; i < blocks.length; i += 1) {
      const before = blocks[i - 1];
      near(blocks[i].at, before.end, 1e-9);
      assert.equal(blocks[i].channels[0][0], before.channels[0].at(-1) + 1);
    }
    assert.equal(schedule.gaps, 0);
    assert.ok(blocks.at(-1).at < 1.2);
  });

  test('the rate of the picture is the rate of samples, and media time agrees', () => {
    const { schedule, picture } = scheduled(3);
    for (let now = 0; now < 1; now += 0.016) schedule.plan(now, RATE, picture);
    picture.rate = 1.1;
    for (let now = 1; now < 2; now += 0.016) schedule.plan(now, RATE, picture);
    near(schedule.positionAt(2.1) - schedule.positionAt(1.9), 0.22, 1e-3);
  });

  test('late samples are silence; then the sound joins the picture again', () => {
    const { schedule, picture, fill } = scheduled(0.5);
    for (let now = 0; now < 0.6; now += 0.016) schedule.plan(now, RATE, picture);
    assert.equal(schedule.isPlaying, false);
    assert.equal(schedule.gaps, 1);
    assert.equal(schedule.positionAt(0.59), null);
    fill(1);
    const [first] = schedule.plan(0.7, RATE, picture);
    assert.equal(first.isFirst, true);
    near(first.channels[0][0], first.at * RATE, 1);
  });

  test('a gap in the stream is silence for its duration', () => {
    const buffer = new PCMBuffer(), schedule = new AudioSchedule(buffer);
    const picture = { rate: 1, positionAt: (time) => time };
    for (let i = 0; i < 100; i += 1) if (i < 20 || i > 22) buffer.add(block(i * 1024 / RATE));
    const blocks = [];
    for (let now = 0; now < 1; now += 0.016) blocks.push(...schedule.plan(now, RATE, picture));
    const second = blocks.filter(({ isFirst }) => isFirst)[1];
    near(second.at, 23 * 1024 / RATE, 1 / RATE);
    near(second.channels[0][0], second.at * RATE, 1);
  });

  test('a picture before its samples, or at their end, gets no sound', () => {
    const { schedule, picture } = scheduled(0.2, 5);
    for (let now = 0; now < 1; now += 0.016) schedule.plan(now, RATE, picture);
    assert.equal(schedule.isPlaying, false);
    const late = scheduled(0.2, -5);
    for (let now = 0; now < 1; now += 0.016) late.schedule.plan(now, RATE, late.picture);
    assert.equal(late.schedule.isPlaying, false);
    assert.equal(late.schedule.gaps, 0);
  });

  test('an output with another sample rate', () => {
    const { schedule, picture } = scheduled(2);
    for (let now = 0; now < 1; now += 0.016) schedule.plan(now, 44100, picture);
    near(schedule.positionAt(1.1), 101.1, 1e-4);
  });

  test('after a stop nothing is heard until it has settled again', () => {
    const { schedule, picture } = scheduled(2);
    for (let now = 0; now < 0.5; now += 0.016) schedule.plan(now, RATE, picture);
    schedule.stop();
    assert.equal(schedule.positionAt(0.5), null);
    assert.deepEqual(schedule.plan(0.51, RATE, picture), []);
    assert.ok(schedule.plan(0.65, RATE, picture).length > 0);
    assert.equal(schedule.gaps, 0);
  });
});

suite('the clock of an output', () => {
  test('the mean of noisy measurements', () => {
    const clock = new OutputClock();
    for (let i = 0; i < 200; i += 1) {
      clock.measure(5 + i * 0.016 + (i % 2 ? 0.004 : -0.004), i * 0.016, i * 0.016);
    }
    near(clock.contextTimeAt(10), 15, 0.001);
    near(clock.pageTimeAt(15), 10, 0.001);
  });

  test('a jump counts at once, and an output that stands still is not running', () => {
    const clock = new OutputClock();
    assert.equal(clock.isRunning(0), false);
    clock.measure(1, 1, 1);
    clock.measure(1.1, 2, 2);
    near(clock.contextTimeAt(2), 1.1);
    assert.equal(clock.isRunning(2.2), true);
    clock.measure(1.1, 2.4, 2.4);
    assert.equal(clock.isRunning(2.4), false);
    clock.reset();
    assert.equal(clock.isRunning(2), false);
  });
});
