// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LatencyController } from '../page/latency-controller.js';

/** The latency after playing for `seconds` at the rate of the controller. */
function play(controller, latency, seconds) {
  let result = latency;
  for (let i = 0; i < seconds * 20; i += 1) result -= (controller.step(i / 20, result) - 1) / 20;
  return result;
}

suite('latency controller', () => {
  for (const [latency, rate] of [
    [0.35, 1], [0.37, 1], [0.33, 1], [0.45, 1.06], [0.4, 1.03], [0.30, 0.97], [2, 1.1], [0.1, 0.94],
  ]) {
    test(`a latency of ${latency} s with a target of 0.35 s gives the rate ${rate}`, () => {
      assert.ok(Math.abs(new LatencyController(0.35).step(0, latency) - rate) < 1e-9);
    });
  }

  test('it is active until the error is 8 ms, then inactive until 25 ms', () => {
    const controller = new LatencyController(0.35);
    assert.ok(controller.step(0, 0.38) > 1);
    assert.ok(controller.step(1, 0.36) > 1);
    assert.equal(controller.step(2, 0.357), 1);
    assert.equal(controller.step(3, 0.37), 1);
    assert.ok(controller.step(4, 0.376) > 1);
  });

  test('the rate changes by more than 0.004 or not at all', () => {
    const controller = new LatencyController(0.35);
    const rate = controller.step(0, 0.40);
    assert.equal(controller.step(0.05, 0.403), rate);
    assert.notEqual(controller.step(0.1, 0.41), rate);
  });

  test('it reaches the target from above and from below', () => {
    for (const from of [0.1, 0.2, 0.6, 1.2]) {
      const latency = play(new LatencyController(0.35), from, 40);
      assert.ok(Math.abs(latency - 0.35) < 0.026, `from ${from} to ${latency}`);
    }
  });

  test('a stall multiplies the target by 1.5, up to 2 s', () => {
    const controller = new LatencyController(0.1);
    controller.stalled(0);
    assert.ok(Math.abs(controller.target - 0.15) < 1e-9);
    for (let i = 0; i < 20; i += 1) controller.stalled(1);
    assert.equal(controller.target, 2);
  });

  test('a stall does not lower a requested target above 2 s', () => {
    const controller = new LatencyController(5);
    controller.stalled(0);
    assert.equal(controller.target, 5);
  });

  test('without stalls a requested target above 2 s is kept', () => {
    const controller = new LatencyController(2.2);
    for (let now = 0; now < 60; now += 1) controller.step(now, 2.2);
    assert.equal(controller.target, 2.2);
  });

  test('eight seconds without a stall lower a raised target by a tenth', () => {
    const controller = new LatencyController(0.1);
    controller.stalled(100);
    controller.step(107.9, 0.15);
    assert.ok(Math.abs(controller.target - 0.15) < 1e-9);
    controller.step(108, 0.15);
    assert.ok(Math.abs(controller.target - 0.135) < 1e-9);
    for (let now = 109; now < 200; now += 1) controller.step(now, 0.1);
    assert.equal(controller.target, 0.1);
  });

  test('a connection with a higher minimum raises the target', () => {
    const controller = new LatencyController(0.1);
    controller.step(0, 0.1, 0.3);
    assert.equal(controller.target, 0.3);
  });
});
