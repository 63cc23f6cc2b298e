// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { driftOf, DriftMeter } from '../shared/clock-drift.js';
import { agreeing, localNow, ServerClock } from '../shared/clock.js';

const PPM = 1e-6;

/** Repeatable random numbers from 0 to 1. @param {number} seed */
function random(seed) {
  let state = seed * 7919;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param {number} drift @param {number} low ppm @param {number} high ppm */
const isWithin = (drift, low, high) => (
  drift >= (low - 0.001) * PPM && drift <= (high + 0.001) * PPM);

/** Measurements every five seconds without noise, after eight in the first second. */
function measurements(drift, seconds, roundTrip = () => 2) {
  const times = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
  for (let second = 5; second <= seconds; second += 5) times.push(second);
  return times.map((second, i) => (
    { at: second * 1000, offset: 90 + drift * second * 1000, roundTrip: roundTrip(i) }));
}

/**
 * The errors of a clock over a socket, ms: their mean and 95 % quantile.
 * @param {import('node:test').TestContext} t
 * @param {{ ppm: number, noise: number, up?: number, step?: number, seconds?: number }} setting
 *   `noise`: mean delay of each direction; `up`: more delay of requests; `step` of local clocks, ms
 */
function errors(t, { ppm, noise, up = 0, step = 0, seconds = 300 }, knowsDrift) {
  const found = [];
  for (let seed = 1; seed <= 30; seed += 1) {
    let now = 1e6;
    const mocked = t.mock.method(performance, 'now', () => now);
    const clock = new ServerClock();
    if (!knowsDrift) clock.drift.add = () => {};
    const uniform = random(seed), began = now;
    const offset = () => 5000 + ppm * PPM * (now - began);
    const delay = (least) => { now += least - noise * Math.log(1 - uniform()); };
    const read = () => (step > 0 ? Math.floor(localNow() / step) * step : localNow());
    let samples = [];
    for (let ping = 1; now - began < seconds * 1000; ping += 1) {
      const next = now + (ping <= 8 ? 100 : 5000), sent = read();
      delay(1 + up);
      const server = localNow() + offset();
      delay(1);
      samples = agreeing([...samples, { sent, received: read(), server }]).slice(-8);
      if (ping >= 3) clock.learn(samples);
      for (now = Math.max(now, next - 4500); now < next; now += 500) {
        if (now - began > seconds * 300) found.push(Math.abs(clock.offset - up / 2 - offset()));
      }
      now = Math.max(now, next);
    }
    mocked.mock.restore();
  }
  found.sort((a, b) => a - b);
  const mean = found.reduce((a, b) => a + b, 0) / found.length;
  return { mean, high: found[Math.floor(found.length * 0.95)] };
}

suite('drift of the server clock', () => {
  test('the slope of measurements, also if most were delayed in one direction', () => {
    // The uncertainty is taken off: 12 ppm after a minute, 1 ppm after five.
    assert.ok(isWithin(driftOf(measurements(80 * PPM, 60)), 68, 80));
    assert.ok(isWithin(driftOf(measurements(-80 * PPM, 300)), -80, -79));
    const noisy = measurements(80 * PPM, 300, (i) => (i % 3 === 0 ? 2 : 32));
    // A delay of requests moves the offset by half of it.
    for (const one of noisy) one.offset += (one.roundTrip - 2) / 2;
    assert.ok(isWithin(driftOf(noisy), 75, 85));
  });

  test('no drift without measurements, over a short time, or within the noise', () => {
    assert.equal(driftOf([]), 0);
    assert.equal(driftOf(measurements(80 * PPM, 10)), 0);
    assert.equal(driftOf(measurements(80 * PPM, 60).slice(-5)), 0);
    const noise = [1, -2, 2, -1, 0, 1, -2, 2, -1, 1, 2, -2, 0, -1, 1, 2, -2, 1, -1, 0];
    const noisy = measurements(5 * PPM, 60);
    noisy.forEach((one, i) => { one.offset += noise[i]; });
    assert.equal(driftOf(noisy), 0);
  });

  test('a drift of more than 500 ppm is not believed', () => {
    assert.equal(driftOf(measurements(900 * PPM, 60)), 500 * PPM);
    assert.equal(driftOf(measurements(-900 * PPM, 60)), -500 * PPM);
  });

  test('a clock that was set begins again; old measurements are forgotten', () => {
    const meter = new DriftMeter();
    for (const one of measurements(80 * PPM, 900)) meter.add(one);
    assert.ok(isWithin(meter.drift, 79, 80));
    assert.ok(meter.measurements.length === 61);
    meter.add({ at: 905000, offset: 700, roundTrip: 2 });
    assert.deepEqual([meter.drift, meter.measurements.length], [0, 1]);
  });

  test('a clock of the time service follows a drift over measurements every 30 s', (t) => {
    let now = 1e6;
    t.mock.method(performance, 'now', () => now);
    const clock = new ServerClock();
    for (let i = 0; i < 8; i += 1, now += 30000) {
      const sent = localNow() - 2, server = sent + 1 + 60 * PPM * (now - 1e6);
      clock.learn([{ sent, received: localNow(), server }]);
    }
    assert.ok(isWithin(clock.drift.drift, 57, 60));
  });

  for (const setting of [
    { ppm: 0, noise: 0.2 }, { ppm: 0, noise: 5 }, { ppm: 0, noise: 20 }, { ppm: 20, noise: 5 },
    { ppm: 0, noise: 3, up: 30 }, { ppm: 0, noise: 2, seconds: 45 }, { ppm: 50, noise: 20 },
  ]) {
    test(`no worse than without the drift: ${JSON.stringify(setting)}`, (t) => {
      const before = errors(t, setting, false), after = errors(t, setting, true);
      assert.ok(after.mean <= before.mean * 1.01, `${before.mean} -> ${after.mean} ms`);
      assert.ok(after.high <= before.high * 1.02, `${before.high} -> ${after.high} ms`);
    });
  }

  for (const setting of [
    { ppm: 50, noise: 0.5 }, { ppm: -50, noise: 5 }, { ppm: 200, noise: 5 },
    { ppm: -400, noise: 5 }, { ppm: 100, noise: 3, up: 30 }, { ppm: 50, noise: 0.3, step: 1 },
  ]) {
    test(`at least a third better with the drift: ${JSON.stringify(setting)}`, (t) => {
      const before = errors(t, setting, false), after = errors(t, setting, true);
      assert.ok(after.mean < before.mean * 2 / 3, `${before.mean} -> ${after.mean} ms`);
    });
  }
});
