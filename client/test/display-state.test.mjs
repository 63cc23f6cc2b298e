// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { displayAfter } from '../engine/decode/display-state.js';

/** A state as a word: `*` for a seek during a stall. */
const word = ({ name, isStalled }) => `${name}${isStalled ? '*' : ''}`;

suite('the state of a canvas', () => {
  const states = [
    { name: 'unset' }, { name: 'seeking', since: 5, isStalled: false },
    { name: 'seeking', since: 5, isStalled: true }, { name: 'playing' }, { name: 'stalled' },
  ];
  for (const [event, ...after] of [
    [{ name: 'choose', at: 9 }, 'seeking', 'seeking', 'seeking*', 'seeking', 'seeking*'],
    [{ name: 'jump', at: 9 }, 'unset', 'seeking', 'seeking*', 'seeking', 'seeking*'],
    [{ name: 'show', isNear: true }, 'unset', 'playing', 'playing', 'playing', 'playing'],
    [{ name: 'show', isNear: false }, 'unset', 'seeking', 'seeking', 'playing', 'playing'],
    [{ name: 'stall' }, 'unset', 'seeking', 'seeking*', 'stalled', 'stalled'],
  ]) {
    for (const [index, state] of states.entries()) {
      test(`${word(state)}, ${event.name} ${event.isNear ?? ''}: ${after[index]}`, () => {
        const found = displayAfter(state, event);
        assert.equal(word(found), after[index]);
        if (found.name === 'seeking') assert.equal(found.since, event.at ?? 5);
        const isKept = word(state) === word(found) && (found.name === 'unset' || !event.at);
        assert.equal(found === state, isKept, 'the same value only if nothing changes');
      });
    }
  }
});
