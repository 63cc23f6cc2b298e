// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { positionAfter, Positioner } from '../engine/players/positioner.js';

/** A state as a word: `*` for replaced frames. */
const word = ({ name, isReplaced }) => `${name}${isReplaced ? '*' : ''}`;

const STATES = [
  { name: 'empty', isReplaced: false }, { name: 'empty', isReplaced: true },
  { name: 'arriving', since: 5, isReplaced: false },
  { name: 'arriving', since: 5, isReplaced: true },
  { name: 'placed', since: 5, position: 1 },
];

suite('the position of a player', () => {
  for (const [event, ...after] of [
    [{ name: 'begin' }, 'empty', 'empty*', 'empty', 'empty*', 'empty'],
    [{ name: 'chunk', at: 9 }, 'arriving', 'arriving*', 'arriving', 'arriving*', 'placed'],
    [{ name: 'replace' }, 'empty*', 'empty*', 'arriving*', 'arriving*', 'arriving*'],
    [{ name: 'release' }, 'empty', 'empty*', 'arriving', 'arriving*', 'arriving'],
    [{ name: 'place', position: 2 }, 'empty', 'empty*', 'placed', 'placed', 'placed'],
  ]) {
    for (const [index, state] of STATES.entries()) {
      test(`${word(state)}, ${event.name}: ${after[index]}`, () => {
        const found = positionAfter(state, event);
        assert.equal(word(found), after[index]);
        const isFirst = state.name === 'empty' && event.name === 'chunk';
        if (found.name !== 'empty') assert.equal(found.since, isFirst ? 9 : 5);
      });
    }
  }
});

suite('a position', () => {
  /** A player with media from 8 s to 10 s, of which the end is 0.1 s late, and its seeks. */
  function positioned({ tolerance, isReplaced = false, isIdle = true, currentTime = 9 }) {
    const seeks = [], display = {
      get currentTime() { return currentTime; }, set currentTime(time) { seeks.push(time); },
    };
    const clock = { now: () => 10100 }, timeline = { dateOf: (time) => time };
    const positioner = new Positioner(
      { display, position: () => currentTime }, clock, timeline, 0.5, tolerance);
    positioner.state = { name: 'arriving', since: performance.now() - 1000, isReplaced };
    const feed = {
      isIdle, end: () => 10, ranges: () => ({ length: 1, start: () => 8, end: () => 10 }) };
    return { isChosen: positioner.choose(feed, true), seeks };
  }

  for (const [name, options, seeks] of [
    ['is at the target', { tolerance: -1 }, [9.6]],
    ['that is near enough is kept', { tolerance: 1 }, []],
    ['that is near is left for replaced frames', { tolerance: 1, isReplaced: true }, [9.6]],
    ['outside the media is left', { tolerance: 9, currentTime: 3 }, [9.6]],
    ['waits until replaced frames are appended',
      { tolerance: -1, isReplaced: true, isIdle: false }, null],
  ]) {
    test(name, () => {
      const found = positioned(options);
      assert.equal(found.isChosen, seeks !== null);
      assert.deepEqual(found.seeks, seeks ?? []);
    });
  }
});
