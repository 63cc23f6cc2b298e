// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { listedStreams } from '../list/listing.js';
import { tileWords } from '../wall/tile-words.js';

const NOW = 1_795_155_600_000, SINCE = 1_795_155_509_000;
/** A stream as the server lists it, with an outage. */
const listed = (state, outage, isOnline = false) => listedStreams([{
  name: 'a', label: 'Gate', state, source: { online: isOnline, since: SINCE * 1e6 },
  ...(outage && { outage: { since: SINCE * 1e6, ...outage } }),
}])[0];
const away = {
  kind: 'refused', text: 'the camera refuses the password', retry: (NOW + 8000) * 1e6,
};

suite('the words of a tile of the wall', () => {
  for (const [status, word, title, action] of [
    [401, 'Password', 'Needs a password', 'page'], [403, 'No access', 'Needs a link', 'page'],
    [410, 'No access', 'The link has expired', 'page'],
    [404, 'Not found', 'There is no such stream', 'choose'],
    [503, 'Waiting', 'The server refuses the stream now', ''],
    [429, 'Waiting', 'The server refuses the stream now', ''],
  ]) {
    test(`refused with ${status}: ${title}`, () => {
      const words = tileWords({ state: 'refused', since: NOW, status }, null, NOW);
      assert.deepEqual([words.word, words.title, words.action, words.said],
        [word, title, action, `${title}.`]);
      assert.notEqual(words.why, '');
    });
  }

  test('an outage is in the words of the server; the next try is not read aloud', () => {
    const states = [{ state: 'lost', since: SINCE }, { state: 'starting', since: NOW }, null];
    for (const source of states) {
      const words = tileWords(source, listed('starting', away), NOW);
      assert.deepEqual(
        [words.badge, words.word, words.title], ['lost', 'No picture', 'No picture yet']);
      assert.match(words.why, /^The camera refuses the password\. Since .*, next try in 8 s\.$/);
      assert.equal(words.said, 'No picture yet. The camera refuses the password.');
    }
  });

  test('an outage that the list does not know yet', () => {
    const words = tileWords({ state: 'lost', since: SINCE }, listed('live', null, true), NOW);
    assert.deepEqual([words.word, words.title], ['No picture', 'Source lost']);
    assert.match(words.why, /^The source sends no frames since /);
    assert.equal(tileWords({ state: 'failed', since: SINCE }, null, NOW).title, 'Failed');
  });

  test('a publisher that is missing is no fault', () => {
    const words = tileWords({ state: 'lost', since: SINCE },
      listed('starting', { kind: 'no-publisher', text: 'waiting for a publisher' }), NOW);
    assert.deepEqual([words.badge, words.word, words.why, words.said], [
      'wait', 'Waiting', 'No publisher yet. The picture starts by itself.',
      'Waiting for a publisher.',
    ]);
  });

  test('an ended stream leads to its page; a server that does not answer is asked again', () => {
    const ended = tileWords({ state: 'ended', since: SINCE }, listed('live', null, true), NOW);
    assert.deepEqual([ended.word, ended.action], ['Ended', 'page']);
    const gone = tileWords({ state: 'unreachable', since: SINCE }, listed('starting', away), NOW);
    assert.deepEqual([gone.word, gone.why], ['No server', 'Trying again.']);
  });

  test('a picture, and one that comes within a second, need no words', () => {
    assert.equal(tileWords({ state: 'live', since: SINCE }, listed('starting', away), NOW), null);
    assert.equal(tileWords(null, listed('locked'), NOW), null);
    assert.equal(tileWords({ state: 'starting', since: NOW }, null, NOW), null);
  });
});
