// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CHUNK_TIMEOUT, MediaFlow } from '../engine/clock/media-flow.js';
import { attemptAfter } from '../engine/players/attempt.js';

suite('the state of the attempts', () => {
  const attempt = new AbortController();
  const states = [{ name: 'idle' }, ...['running', 'suspended'].map((name) => (
    { name, since: 5, attempt }))];
  for (const [event, ...after] of [
    ['begin', 'running', 'running', 'suspended'], ['end', 'idle', 'idle', 'suspended'],
    ['suspend', 'idle', 'suspended', 'suspended'], ['resume', 'idle', 'running', 'running'],
  ]) {
    for (const [index, state] of states.entries()) {
      test(`${state.name}, ${event}: ${after[index]}`, () => {
        const found = attemptAfter(state, { name: event, at: 9, attempt: new AbortController() });
        assert.equal(found.name, after[index]);
        if (found.name === 'idle') return;
        assert.equal(found.since, event === 'begin' ? 9 : 5);
        assert.equal(found.attempt === attempt, event !== 'begin');
      });
    }
  }
});

suite('the media of a connection', () => {
  test('is at the live edge when a chunk arrives as slowly as it was published', () => {
    const flow = new MediaFlow(), edges = [];
    flow.begin();
    for (const [now, time] of [[0, 1], [2, 1.1], [4, 1.2], [80, 1.3], [180, 1.4]]) {
      flow.video(now, time);
      edges.push(flow.isAtEdge);
    }
    assert.deepEqual(edges, [false, false, false, false, true]);
    flow.begin();
    assert.equal(flow.isAtEdge, false);
  });

  test('is awaited for a shorter time by an attempt after one without an answer', () => {
    const flow = new MediaFlow();
    flow.expect(1000, 600);
    assert.deepEqual([1600, 1601].map((now) => flow.isLost(now, true)), [false, true]);
    flow.video(1500, 0);
    assert.deepEqual([1601, 1501 + CHUNK_TIMEOUT].map((now) => flow.isLost(now, false)),
      [false, true]);
    flow.expect(9000);
    assert.equal(flow.isLost(9000 + CHUNK_TIMEOUT + 1, true), false);
  });

  test('is lost without chunks of one track, and is awaited longer at the start', () => {
    const flow = new MediaFlow();
    flow.expect(1000);
    assert.deepEqual([flow.isLost(9000, true), flow.isExpected(8300)], [false, true]);
    flow.video(5000, 1);
    flow.audio(4000);
    const late = 4001 + CHUNK_TIMEOUT;
    assert.deepEqual([flow.isLost(late, true), flow.isLost(late, false)], [true, false]);
  });

  test('is starved if bytes arrive, but no chunk', () => {
    const flow = new MediaFlow();
    flow.video(0, 1);
    flow.piece(500);
    assert.deepEqual([flow.isStarved(300), flow.isStarved(600)], [false, true]);
    assert.equal(flow.isStarved(1000), false);
  });
});
