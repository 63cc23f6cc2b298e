// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InputPanel } from '../sheets/input-panel.js';

const KEY = 'streamer-admin-token';

/** A page with this fragment, in a tab that keeps values, whose requests end with a status. */
function page(t, hash, status) {
  const kept = new Map(), sent = [];
  const globals = {
    location: { href: `https://h/gate/${hash}`, hash, pathname: '/gate/', search: '' },
    history: { replaceState() { globals.location.hash = ''; } },
    sessionStorage: {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => kept.set(name, value),
      removeItem: (name) => kept.delete(name),
    },
    addEventListener() {},
    fetch: async (url, { headers }) => {
      sent.push(headers.Authorization);
      return new Response('', { status });
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    const previous = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    t.after(() => {
      if (previous) Object.defineProperty(globalThis, name, previous);
      else delete globalThis[name];
    });
  }
  const element = () => ({ textContent: '', dataset: {}, replaceChildren() {} });
  const parts = { '#input-plan': element(), '#input-findings': element() };
  const panel = () => new InputPanel({ hidden: true, querySelector: (name) => parts[name] });
  return { kept, sent, panel, words: () => parts['#input-plan'].textContent };
}

suite('the admin token of the panel', () => {
  test('it is kept for the tab, and the address does not show it', async (t) => {
    const { kept, sent, panel } = page(t, '#admin=right', 500);
    await panel().ask();
    await panel().ask();
    assert.deepEqual(sent, ['Bearer right', 'Bearer right']);
    assert.equal(kept.get(KEY), 'right');
    assert.equal(location.hash, '');
  });

  for (const status of [401, 403]) {
    test(`a token that ${status} refuses is forgotten: no later page asks with it`, async (t) => {
      const { kept, sent, panel, words } = page(t, '#admin=wrong', status);
      await panel().ask();
      assert.deepEqual([...kept], []);
      panel().update();
      assert.deepEqual(sent, ['Bearer wrong']);
      assert.equal(words(), 'The admin token is refused: open this address with another #admin=');
    });
  }
});
