// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { elapsedText, keyProblem, permissionWords } from '../publish/words.js';

suite('the words of the publisher page', () => {
  for (const [code, reason, key, words] of [
    ['bad-key', 'missing publish key', '', 'Enter the key of show.'],
    ['bad-key', 'invalid publish key', 'x', 'This key is not the one of show. Nothing was sent.'],
    ['', 'a bearer token is required', '', 'Enter the key of show.'],
    ['', 'invalid publish key', 'x', 'This key is not the one of show. Nothing was sent.'],
    ['', 'too many invalid publish keys from this address', 'x', null],
    ['busy', 'another publisher sends this stream', 'x', null],
    ['', 'the server does not answer', '', null],
  ]) {
    test(`${code || 'no code'}, ${reason}: ${words}`, () => {
      assert.equal(keyProblem(code, reason, key, 'show'), words);
    });
  }

  test('what to do after a device was refused', () => {
    const refused = new DOMException('no', 'NotAllowedError');
    assert.match(permissionWords(refused, false).text, /set Camera to Allow, then try again/);
    assert.match(permissionWords(refused, true).title, /keeps the screen/);
    for (const name of ['NotReadableError', 'NotFoundError', 'OverconstrainedError']) {
      const { title, text } = permissionWords(new DOMException('no', name), false);
      assert.ok(title !== '' && text.endsWith('.'), name);
    }
    assert.equal(permissionWords(new Error('x'), true).title, 'The screen did not open');
  });

  test('how long a stream is live', () => {
    assert.deepEqual([-5, 0, 59_999, 760_000, 3_723_000].map(elapsedText),
      ['0:00', '0:00', '0:59', '12:40', '1:02:03']);
  });
});
