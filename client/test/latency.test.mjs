import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LatencyController } from '../page/latency.js';
import { kindNamed } from '../page/players/player.js';
import { quantile } from '../page/statistics.js';

/** Plays for `seconds` at what the controller says; gives where it ends. */
function play(controller, behind, seconds, from = 0) {
  let stalls = 0;
  for (let i = 0; i < seconds * 20; i += 1) {
    behind -= (controller.step(from + i / 20, behind) - 1) / 20;
    if (behind < 0) stalls += 1;
  }
  return { behind, stalls };
}

suite('latency control', () => {
  for (const [behind, rate] of [[0.35, 1], [0.37, 1], [0.33, 1], [0.45, 1.06], [0.4, 1.03], [0.30, 0.97], [2, 1.1], [0.1, 0.94]]) {
    test(`${behind} s behind with a target of 0.35 s: rate ${rate}`, () => {
      assert.ok(Math.abs(new LatencyController(0.35).step(0, behind) - rate) < 1e-9);
    });
  }

  test('once at work it goes on until 8 ms, then rests until 25 ms', () => {
    const controller = new LatencyController(0.35);
    assert.ok(controller.step(0, 0.38) > 1);
    assert.ok(controller.step(1, 0.36) > 1);
    assert.equal(controller.step(2, 0.357), 1);
    assert.equal(controller.step(3, 0.37), 1);
    assert.ok(controller.step(4, 0.376) > 1);
  });

  test('the rate moves by more than 0.004 or not at all', () => {
    const controller = new LatencyController(0.35);
    const rate = controller.step(0, 0.40);
    assert.equal(controller.step(0.05, 0.403), rate);
    assert.notEqual(controller.step(0.1, 0.41), rate);
  });

  test('it comes to rest near the target, from above and from below', () => {
    for (const from of [0.1, 0.2, 0.6, 1.2]) {
      const { behind } = play(new LatencyController(0.35), from, 40);
      assert.ok(Math.abs(behind - 0.35) < 0.026, `from ${from} to ${behind}`);
    }
  });

  test('a stall makes the target half as long again, at most 2 s', () => {
    const controller = new LatencyController(0.1);
    controller.stalled(0);
    assert.ok(Math.abs(controller.target - 0.15) < 1e-9);
    for (let i = 0; i < 20; i += 1) controller.stalled(1);
    assert.equal(controller.target, 2);
  });

  test('a target above 2 s was asked for: a stall does not shorten it', () => {
    const controller = new LatencyController(5);
    controller.stalled(0);
    assert.equal(controller.target, 5);
  });

  test('eight quiet seconds take a tenth off, down to what was asked for', () => {
    const controller = new LatencyController(0.1);
    controller.stalled(100);
    controller.step(107.9, 0.15);
    assert.ok(Math.abs(controller.target - 0.15) < 1e-9);
    controller.step(108, 0.15);
    assert.ok(Math.abs(controller.target - 0.135) < 1e-9);
    for (let now = 109; now < 200; now += 1) controller.step(now, 0.1);
    assert.equal(controller.target, 0.1);
  });

  test('a connection that cannot hold the target raises it', () => {
    const controller = new LatencyController(0.1);
    controller.step(0, 0.1, 0.3);
    assert.equal(controller.target, 0.3);
  });

  test('quantiles', () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([1, 2, 3, 4], 1), 4);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });
});

test('a player is one of those that there are, and nothing that every object has', () => {
  for (const kind of ['frames', 'hlsjs', 'dashjs', 'native']) assert.equal(kindNamed(kind), kind);
  for (const name of [null, '', 'vlc', 'toString', 'constructor', '__proto__']) assert.equal(kindNamed(name), null, `${name}`);
});
