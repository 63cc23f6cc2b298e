// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { answerTo, tokenOf } from '../engine/playback/refusal.js';
import { nextAddress } from '../engine/playback/viewer-tokens.js';

const SOURCE = 'https://h/t/k1.1764381600.bob.abc_-9/gate/ll.m3u8';

suite('the answer to a refusal', () => {
  for (const [status, hasShown, mayAsk, answer] of [
    [401, false, false, 'stop'], [401, true, false, 'stop'], [403, false, false, 'stop'],
    [403, true, false, 'stop'], [401, false, true, 'next'], [403, true, true, 'next'],
    [404, false, false, 'stop'], [404, true, false, 'retry'],
    [410, false, true, 'next'], [410, true, true, 'next'], [410, true, false, 'stop'],
    [429, false, false, 'retry'], [503, false, false, 'retry'], [503, true, false, 'retry'],
    [500, false, false, 'retry'],
  ]) {
    test(`${status}, shown ${hasShown}, may ask ${mayAsk}: ${answer}`, () => {
      assert.equal(answerTo(status, hasShown, mayAsk), answer);
    });
  }
});

suite('the token in an address', () => {
  const { fetch } = globalThis;
  after(() => Object.assign(globalThis, { fetch }));

  test('has its end, and is taken out', () => {
    assert.deepEqual(tokenOf(SOURCE), { expires: 1764381600, address: 'https://h/gate/ll.m3u8' });
    assert.equal(tokenOf('https://h/gate/ll.m3u8'), null);
    assert.equal(tokenOf('https://h/t/gate/ll.m3u8'), null);
  });

  for (const [name, answer, expected] of [
    ['the address to which the server leads', { ok: true, url: SOURCE.replace('k1', 'k2') },
      SOURCE.replace('k1', 'k2')],
    ['the address without a token', { ok: true, url: 'https://h/gate/ll.m3u8' },
      'https://h/gate/ll.m3u8'],
    ['none after a refusal', { ok: false, url: 'https://h/gate/ll.m3u8' }, null],
    ['none if it is the same', { ok: true, url: SOURCE }, null],
    ['none without an answer', null, null],
  ]) {
    test(`the next one: ${name}`, async () => {
      const asked = [];
      globalThis.fetch = async (url) => {
        asked.push(url);
        if (!answer) throw new TypeError('Failed to fetch');
        return answer;
      };
      assert.equal(await nextAddress(SOURCE, new AbortController().signal), expected);
      assert.deepEqual(asked, ['https://h/gate/ll.m3u8']);
    });
  }
});
