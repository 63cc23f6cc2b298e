// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LatencyController } from '../engine/clock/latency-controller.js';

/** The latency after playing for `seconds` at the rate of the controller. */
function play(controller, latency, seconds) {
  let result = latency;
  for (let i = 0; i < seconds * 20; i += 1) result -= (controller.step(i / 20, result) - 1) / 20;
  return result;
}

suite('latency controller: the rate', () => {
  for (const [latency, rate] of [
    [0.35, 1], [0.37, 1], [0.33, 1], [0.45, 1.15], [0.4, 1.075], [0.30, 0.97], [0.1, 0.94],
    [0.5, 1.2], [2, 1.2],
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
    assert.equal(controller.step(0.05, 0.402), rate);
    assert.notEqual(controller.step(0.1, 0.404), rate);
  });

  test('it reaches the target from above and from below', () => {
    for (const from of [0.1, 0.2, 0.6, 1.2]) {
      const latency = play(new LatencyController(0.35), from, 40);
      assert.ok(Math.abs(latency - 0.35) < 0.026, `from ${from} to ${latency}`);
    }
  });

  test('half a second too late, it is within 50 ms of the target after 4 s', () => {
    assert.ok(play(new LatencyController(0.12), 0.62, 4) < 0.17);
  });

  test('0.1 s too late, it is within 20 ms of the target after 1.5 s', () => {
    assert.ok(play(new LatencyController(0.09, 0.6), 0.19, 1.5) < 0.11);
  });

  test('a rate above 1 needs half of the target in the buffer', () => {
    assert.equal(new LatencyController(0.3).step(0, 0.6, 0, 0.14), 1);
    assert.ok(new LatencyController(0.3).step(0, 0.6, 0, 0.16) > 1);
    assert.ok(new LatencyController(0.3).step(0, 0.2, 0, 0.01) < 1);
  });

  test('without stalls a requested target above 2 s is kept', () => {
    const controller = new LatencyController(2.2);
    for (let now = 0; now < 60; now += 1) controller.step(now, 2.2);
    assert.equal(controller.target, 2.2);
  });

  test('a connection with a higher minimum raises the target, until its media is less late', () => {
    const controller = new LatencyController(0.1);
    controller.step(0, 0.4, 0.3, 0.1);
    assert.equal(controller.target, 0.3);
    for (let now = 0.1; now < 0.9; now += 0.1) controller.step(now, 0.4, 0.3, 0.38);
    assert.ok(Math.abs(controller.target - 0.1) < 1e-9, `${controller.target}`);
  });
});

suite('latency controller: stalls', () => {
  test('they raise the target also where the connection needs more than was requested', () => {
    const controller = new LatencyController(0.1);
    controller.step(0, 0.3, 0.3, 0.06);
    for (const now of [10, 13.5]) {
      controller.step(now, 0.3, 0.3, -0.05);  // 0.35 s late
      controller.stalled(now, 0.1);
    }
    controller.step(15, 0.3, 0.3, 0.06);
    assert.ok(Math.abs(controller.target - 0.36) < 1e-9, `${controller.target}`);
  });

  test('they raise no such target above 2 s', () => {
    const controller = new LatencyController(0.5);
    for (let now = 0; now < 100; now += 4) {
      controller.step(now, 1.8, 1.8, -0.3);
      controller.stalled(now, 0.4);
    }
    controller.step(100, 1.8, 1.8, 0.06);
    assert.equal(controller.target, 2);
  });
});

suite('latency controller: seeks', () => {
  /** The first seek of a player that is `latency` late, with `ahead` s of media from 1 s on. */
  function seekOf(controller, latency, ahead) {
    for (let i = 0; i < 80; i += 1) {
      const now = i / 20, buffered = now < 1 ? 0 : ahead;
      controller.step(now, latency, 0, buffered);
      const seconds = controller.seek(now, latency, buffered);
      if (seconds > 0) return { now, seconds };
    }
    return null;
  }

  test('an error above 0.5 s is removed by one seek, when the media has arrived', () => {
    const found = seekOf(new LatencyController(0.12), 2, 1.98);
    assert.ok(found !== null && found.now >= 1 && found.now < 1.5, JSON.stringify(found));
    assert.ok(Math.abs(found.seconds - 1.88) < 1e-9, `${found.seconds}`);
  });

  test('half of the target stays buffered after a seek', () => {
    assert.ok(Math.abs(seekOf(new LatencyController(0.4), 2, 1.5).seconds - 1.3) < 1e-9);
  });

  for (const [name, target, latency, ahead] of [
    ['an error below 0.5 s', 0.12, 0.6, 0.58], ['a short buffer', 0.12, 2, 0.5],
    ['an empty buffer', 0.12, 2, 0],
  ]) {
    test(`${name}: no seek`, () => {
      assert.equal(seekOf(new LatencyController(target), latency, ahead), null);
    });
  }

  test('seeks that do not help become rare', () => {
    const controller = new LatencyController(0.12);
    const times = [];
    for (let now = 0; now < 60; now += 0.05) {
      controller.step(now, 2, 0, 1.98);
      if (controller.seek(now, 2, 1.98) > 0) times.push(now);
    }
    assert.ok(times.length <= 8, `${times}`);
    assert.ok(times[1] - times[0] < 1.2 && times[2] - times[1] < 2.2, `${times}`);
  });

  test('a target to be reached by the rate: no seek until then', () => {
    const controller = new LatencyController(2);
    controller.request(0.5, true);
    assert.equal(seekOf(controller, 2, 1.9), null);
    controller.step(10, 0.51);
    assert.notEqual(seekOf(controller, 2, 1.9), null);
  });
});

suite('latency controller: the target of a sync group', () => {
  test('it replaces the needed one, which is still known', () => {
    const controller = new LatencyController(0.15);
    controller.shared = 0.4;
    assert.ok(controller.step(0, 0.15) < 1);
    assert.equal(controller.target, 0.4);
    assert.equal(controller.need, 0.15);
    controller.shared = null;
    controller.step(1, 0.15);
    assert.equal(controller.target, 0.15);
  });

  test('it is approached sooner and closer than a target of its own', () => {
    const alone = new LatencyController(0.35), member = new LatencyController(0.35);
    member.shared = 0.35;
    assert.ok(play(alone, 0.42, 0.5) > 0.38);
    assert.ok(play(member, 0.42, 0.5) < 0.37);
    assert.ok(Math.abs(play(member, 0.42, 1.5) - 0.35) < 0.005);
    assert.equal(new LatencyController(0.35).step(0, 0.37), 1);
    assert.ok(member.step(10, 0.37) > 1);
  });

  test('a member whose media are late speeds up with little media, if they last', () => {
    const controller = new LatencyController(0.15);
    controller.shared = 0.21;
    assert.ok(controller.step(0, 0.28, 0, 0.1) > 1);  // media are 0.18 s late
    assert.equal(controller.step(0.05, 0.28, 0, 0.07), 1);  // 0.21 s
  });

  test('a member needs a frame more than its media take, to stay in step', () => {
    const controller = new LatencyController(0.15);
    controller.step(0, 0.2, 0.21, 0.03);
    assert.ok(Math.abs(controller.need - 0.21) < 1e-9);
    controller.shared = 0.21;
    controller.step(0.05, 0.2, 0.21, 0.03);
    assert.ok(Math.abs(controller.need - 0.244) < 1e-9);
    const near = new LatencyController(0.15);
    near.shared = 0.21;
    near.step(0, 0.2, 0.09, 0.15);
    assert.equal(near.need, 0.15);
  });

  test('a player that needs more than a group may hold plays outside of it', () => {
    const controller = new LatencyController(3);
    controller.shared = 0.4;
    controller.step(0, 3);
    assert.equal(controller.target, 3);
  });
});
