// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Adaptation } from '../engine/renditions/adaptation.js';

/** A ladder of three renditions, bit/s, with segments of one second at 30 frames per second. */
const LADDER = [2_500_000, 900_000, 300_000];
const FPS = 30, STEP = 0.005;
/** A key frame is as large as this many other frames. */
const KEY_FRAME = 6;

/** @param {number} index of the rendition @param {number} frame in its segment */
const bytesOf = (index, frame) => (
  LADDER[index] / 8 / (FPS - 1 + KEY_FRAME) * (frame === 0 ? KEY_FRAME : 1));

/**
 * Plays over a connection of `capacity(now)` bit/s, and returns each [time, index] at which the
 * choice changed, the times of probes, and the shown renditions by [time, index].
 * @param {{ seconds: number, capacity: (now: number) => number,
 *   isFrozen?: (now: number) => boolean, dropped?: (index: number) => number,
 *   requested?: (now: number) => number | null }} options
 */
function playback({ seconds, capacity, isFrozen = () => false, dropped = () => 0, requested }) {
  const adaptation = new Adaptation(LADDER), changes = [], probes = [], shown = [[0, 0]];
  let segment = 0, frame = 0, index = 0, rest = bytesOf(0, 0), probing = null;
  let total = 0, drops = 0, nextStep = 0, known = 0;
  const probe = (now) => {
    const target = adaptation.index - 1, size = LADDER[target] / 8;
    probes.push(now);
    probing = { rest: size, begun: now };
  };
  for (let now = 0; now < seconds; now += STEP) {
    const wanted = requested?.(now) ?? adaptation.index;
    let budget = isFrozen(now) ? 0 : capacity(now) / 8 * STEP;
    if (probing && budget > 0) {
      const share = Math.min(probing.rest, budget / 2);
      probing.rest -= share;
      budget -= share;
      if (probing.rest <= 0) {
        adaptation.probed(now, now - probing.begun < 0.6);
        probing = null;
      }
    }
    let received = 0;
    // A frame is published 5 ms after its time.
    while (budget > 0 && segment + frame / FPS + 0.005 <= now) {
      const part = Math.min(rest, budget);
      rest -= part;
      budget -= part;
      received += part;
      if (rest > 0) break;
      if (received > 0) adaptation.piece(now, received);
      received = 0;
      adaptation.chunk(now, segment + frame / FPS, index);
      total += 1;
      drops += dropped(index);
      frame += 1;
      if (frame === FPS || adaptation.leaves(now, segment + 1)) {
        segment += 1;
        frame = 0;
        if (index !== wanted) shown.push([now, wanted]);
        index = wanted;
      }
      rest = bytesOf(index, frame);
    }
    if (received > 0) adaptation.piece(now, received);
    if (now < nextStep) continue;
    nextStep += 0.05;
    const choice = requested?.(now) ?? null;
    if (choice !== null) {
      adaptation.hold(now, choice);
      known = choice;
      continue;
    }
    const action = adaptation.step(
      now, { target: 0.12, dropped: Math.round(drops), total, isWatched: true });
    if (action === 'cancel') probing = null;
    if (action === 'probe') probe(now);
    if (adaptation.index !== known) changes.push([now, adaptation.index]);
    known = adaptation.index;
  }
  return { adaptation, changes, probes, shown, lag: seconds - segment - frame / FPS };
}

const MBIT = 1_000_000;

suite('down', () => {
  for (const [name, share, expected] of [
    ['half of the bitrate', 0.5, 1], ['a quarter', 0.25, 2], ['a twentieth', 0.05, 2],
    ['0.8 of the bitrate', 0.8, 1],
  ]) {
    test(`${name}: within 1 s of trouble, to what the connection has`, () => {
      const { changes, lag } = playback({
        seconds: 20, capacity: (now) => (now < 10 ? 10 * MBIT : share * LADDER[0]),
      });
      const [at, index] = changes[0];
      assert.ok(at > 10 && at < 11.5, `${at}`);
      assert.equal(index, expected);
      if (share > 0.1) assert.ok(lag < 0.3, `${lag} s behind at the end`);
    });
  }

  test('a connection that is too slow from the start', () => {
    const { changes, lag } = playback({ seconds: 20, capacity: () => 1.3 * MBIT });
    assert.ok(changes[0][0] < 1.5, `${changes[0]}`);
    assert.equal(changes[0][1], 1);
    assert.ok(lag < 0.3, `${lag} s behind at the end`);
  });

  for (const [name, options] of [
    ['key frames on a connection of twice the bitrate', { capacity: () => 5 * MBIT }],
    ...[0.3, 1, 2].map((length) => [`an outage of ${length} s`, {
      capacity: () => 8 * MBIT, isFrozen: (now) => now > 10 && now < 10 + length }]),
    ['a freeze of 0.2 s each second', {
      capacity: () => 10 * MBIT, isFrozen: (now) => now % 1 < 0.2 }],
  ]) {
    test(`${name}: no change`, () => {
      assert.deepEqual(playback({ seconds: 30, ...options }).changes, []);
    });
  }

  test('the decoder drops a quarter of the frames: down, and the rendition is avoided', () => {
    const { changes } = playback({
      seconds: 50, capacity: () => 20 * MBIT, dropped: (index) => (index === 0 ? 0.25 : 0),
    });
    assert.equal(changes.length, 1);
    assert.ok(changes[0][0] < 3 && changes[0][1] === 1, `${changes}`);
  });
});

suite('up', () => {
  test('after 5 s of quiet and a probe, one rendition at a time', () => {
    const { changes, probes } = playback({
      seconds: 60, capacity: (now) => (now > 5 && now < 15 ? 0.5 * MBIT : 20 * MBIT),
    });
    assert.deepEqual(changes.map(([, index]) => index), [2, 1, 0]);
    assert.ok(changes[1][0] > 15 && changes[1][0] < 30, `${changes}`);
    assert.ok(changes[2][0] - changes[1][0] > 5, `${changes}`);
    assert.ok(probes.length <= 4, `${probes}`);
  });

  test('a connection that cannot carry more: probes become rare, and none raises', () => {
    const { changes, probes } = playback({ seconds: 300, capacity: () => 1.6 * MBIT });
    assert.deepEqual(changes.map(([, index]) => index), [1]);
    assert.ok(probes.length >= 3 && probes.length <= 7, `${probes}`);
    const gaps = probes.slice(1).map((at, i) => at - probes[i]);
    assert.ok(gaps[gaps.length - 1] > 3 * gaps[0], `${gaps}`);
  });
});

suite('the choice of the viewer', () => {
  test('it is kept in trouble; afterwards the choice is automatic again', () => {
    const { changes, shown } = playback({
      seconds: 40, capacity: () => 1.3 * MBIT, requested: (now) => (now < 20 ? 0 : null),
    });
    assert.deepEqual(shown.filter(([at]) => at < 20), [[0, 0]]);
    assert.ok(changes[0][0] > 20 && changes[0][0] < 21.5, `${changes}`);
  });
});
