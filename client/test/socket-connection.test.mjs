// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectionAfter } from '../engine/players/socket-connection.js';

suite('the connection of the WebSocket player', () => {
  const first = { name: 'the first socket' }, other = { name: 'another socket' };
  const common = { socket: first, since: 5, source: 'live' };
  const states = [
    { name: 'closed' }, { name: 'playing', ...common }, { name: 'paused', ...common },
    { name: 'busy', ...common, wait: 7 },
  ];
  for (const [event, ...after] of [
    [{ name: 'open', socket: other, at: 9 }, 'playing', 'playing', 'playing', 'playing'],
    [{ name: 'end' }, 'closed', 'closed', 'closed', 'closed'],
    [{ name: 'pause' }, 'closed', 'paused', 'paused', 'busy'],
    [{ name: 'resume' }, 'closed', 'playing', 'playing', 'busy'],
    [{ name: 'source', state: 'lost' }, 'closed', 'playing', 'paused', 'busy'],
    [{ name: 'busy', wait: 8 }, 'closed', 'busy', 'busy', 'busy'],
  ]) {
    for (const [index, state] of states.entries()) {
      test(`${state.name}, ${event.name}: ${after[index]}`, () => {
        const found = connectionAfter(state, event), isOpened = event.name === 'open';
        assert.equal(found.name, after[index]);
        if (found.name === 'closed') return;
        const source = { source: 'lost', open: '' }[event.name] ?? 'live';
        assert.deepEqual([found.socket, found.since, found.source],
          isOpened ? [other, 9, source] : [first, 5, source]);
        if (found.name === 'busy') assert.equal(found.wait, event.wait ?? 7);
      });
    }
  }
});
