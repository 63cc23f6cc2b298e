// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { changeConnection, retrieve } from '../engine/transport/connection.js';

suite('the connection of requests', () => {
  /**
   * Credentials of the requests, which `respond` answers.
   * @param {import('node:test').TestContext} t @param {(options: RequestInit) => Response} respond
   */
  function recorded(t, respond = () => new Response('')) {
    /** @type {(string | undefined)[]} */
    const sent = [];
    t.mock.method(globalThis, 'fetch', async (_, options = {}) => {
      sent.push(options.credentials);
      return respond(options);
    });
    return sent;
  }

  test('is another one after no answer, for one host, and the first one again', async (t) => {
    const sent = recorded(t);
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    await retrieve('http://a/1');
    changeConnection('http://a/2');
    changeConnection('http://a/2');  // at once: the new one has a second to answer
    await retrieve('http://a/3', { cache: 'no-store' });
    await retrieve('http://b/4');
    now = 1000;
    changeConnection(new URL('http://a/5'));
    await retrieve('http://a/6');
    assert.deepEqual(sent, [undefined, 'omit', undefined, undefined]);
  });

  for (const status of [401, 403, 407]) {
    test(`has credentials again if a proxy wants them: ${status}`, async (t) => {
      const sent = recorded(t, ({ credentials }) => (
        new Response('', { status: credentials === 'omit' ? status : 200 })));
      changeConnection(`http://proxy-${status}/`);
      assert.equal((await retrieve(`http://proxy-${status}/`)).status, 200);
      await retrieve(`http://proxy-${status}/`);
      assert.deepEqual(sent, ['omit', undefined, undefined]);
    });
  }

  test('has credentials again if it cannot be opened without', async (t) => {
    const sent = recorded(t, ({ credentials }) => {
      if (credentials === 'omit') throw new TypeError('Failed to fetch');
      return new Response('');
    });
    changeConnection('http://certificate/');
    await assert.rejects(retrieve('http://certificate/'), TypeError);
    await retrieve('http://certificate/');
    assert.deepEqual(sent, ['omit', undefined]);
  });

  test('stays if a request over it is cancelled', async (t) => {
    const sent = recorded(t, ({ signal }) => {
      signal?.throwIfAborted();
      return new Response('');
    });
    changeConnection('http://cancelled/');
    await assert.rejects(retrieve('http://cancelled/', { signal: AbortSignal.abort() }));
    await retrieve('http://cancelled/');
    assert.deepEqual(sent, ['omit', 'omit']);
    mock.reset();
  });
});
