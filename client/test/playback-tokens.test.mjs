// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, beforeEach, suite, test } from 'node:test';
import {
  hasOwnToken, withFirstToken, withNewestToken, withoutOwnToken,
} from '../engine/transport/playback-tokens.js';
import { addressWith, nextToken, signIn } from '../engine/transport/sign-in.js';

const { fetch } = globalThis;
const stop = new AbortController().signal;
/** @type {[string, string][]} */
let asked = [];
/** @type {{ status: number, body?: object, fields?: Record<string, string> }[]} */
let answers = [];

suite('playback tokens of a password', () => {
  beforeEach(() => {
    [asked, answers] = [[], []];
    globalThis.fetch = async (url, { body }) => {
      asked.push([String(url), String(body)]);
      const { status, body: content, fields } = answers.shift() ?? { status: 401 };
      return new Response(content ? JSON.stringify(content) : '', { status, headers: fields });
    };
  });
  after(() => Object.assign(globalThis, { fetch }));

  for (const [source, served, login, name, next] of [
    ['http://h/gate/ll.m3u8', undefined, 'http://h/login', 'gate', 'http://h/t/T/gate/ll.m3u8'],
    ['http://h/t/OLD/gate/ll.m3u8', undefined, 'http://h/login', 'gate',
      'http://h/t/T/gate/ll.m3u8'],
    ['http://h/cams/gate/ll.m3u8', 'gate', 'http://h/cams/login', 'gate',
      'http://h/cams/t/T/gate/ll.m3u8'],
    ['http://h/live.m3u8', 'gate', 'http://h/login', 'gate', 'http://h/t/T/live.m3u8'],
    ['http://h/live.m3u8', undefined, 'http://h/login', '', 'http://h/t/T/live.m3u8'],
    ['http://h/cams/ll.m3u8', 'gate', 'http://h/cams/login', 'gate', 'http://h/cams/t/T/ll.m3u8'],
    ['http://h/ldash/play/gate/manifest.mpd', undefined, 'http://h/login', 'gate',
      'http://h/t/T/ldash/play/gate/manifest.mpd'],
    ['http://h/gate/auto/manifest.mpd', undefined, 'http://h/login', 'gate',
      'http://h/t/T/gate/auto/manifest.mpd'],
    ['http://h/gate/ll.m3u8?a=b', undefined, 'http://h/login', 'gate',
      'http://h/t/T/gate/ll.m3u8?a=b'],
  ]) {
    test(`${source}, served ${served}: ${next}`, async () => {
      await signIn(source, served, 'open sesame');
      const path = encodeURIComponent(new URL(login).pathname);
      assert.deepEqual(asked, [[login, `stream=${name}&password=open+sesame&path=${path}`]]);
      assert.equal(addressWith(source, 'T', served), next);
      asked = [];
      await nextToken(source, served, stop);
      assert.deepEqual(asked, [[`${login}/${name}`, `path=${path}`]]);
    });
  }

  test('the first token of a viewer is known after hundreds of renewals', async () => {
    answers = Array.from({ length: 300 }, (_, index) => (
      { status: 200, body: { token: `N${index}`, seconds: 600 } }));
    await signIn('http://h/gate/ll.m3u8', undefined, 'x');
    for (let index = 1; index < 300; index += 1) {
      await nextToken('http://h/t/N0/gate/ll.m3u8', undefined, stop);
    }
    assert.equal(withNewestToken('http://h/t/N0/gate/ll.m3u8'), 'http://h/t/N299/gate/ll.m3u8');
  });

  test('later addresses have the newest token; those of links stay', async () => {
    const address = (/** @type {string} */ token) => `http://h/t/${token}/gate/video/segment1.m4s`;
    answers = ['A', 'B', 'C'].map((token) => ({ status: 200, body: { token, seconds: 600 } }));
    const { next } = await signIn('http://h/gate/ll.m3u8', undefined, 'x');
    assert.deepEqual(next, { token: 'A', seconds: 600 });
    assert.equal(withNewestToken(address('A')), address('A'));
    await nextToken(addressWith('http://h/gate/ll.m3u8', 'A'), undefined, stop);
    await nextToken(addressWith('http://h/gate/ll.m3u8', 'B'), undefined, stop);
    for (const token of ['A', 'B', 'C']) {
      assert.equal(withNewestToken(address(token)), address('C'));
      assert.equal(withFirstToken(address(token)), address('A'));
      assert.equal(hasOwnToken(address(token)), true);
    }
    assert.equal(withNewestToken(address('LINK')), address('LINK'));
    assert.equal(withNewestToken(new URL('http://h/gate/')), 'http://h/gate/');
    assert.equal(withoutOwnToken(address('C')), 'http://h/gate/video/segment1.m4s');
    assert.equal(withoutOwnToken(address('LINK')), address('LINK'));
  });

  test('refusals have their status, and the end of the wait', async () => {
    answers = [{ status: 429, fields: { 'Retry-After': '41' } }];
    assert.deepEqual(await signIn('http://h/gate/ll.m3u8', undefined, 'x'),
      { status: 429, wait: 41, next: null });
    answers = [{ status: 401 }];
    assert.deepEqual(await nextToken('http://h/gate/ll.m3u8', undefined, stop),
      { status: 401, next: null });
    globalThis.fetch = async () => { throw new TypeError('Failed to fetch'); };
    assert.deepEqual(await signIn('http://h/gate/ll.m3u8', undefined, 'x'),
      { status: 0, wait: 0, next: null });
    assert.deepEqual(await nextToken('http://h/gate/ll.m3u8', undefined, stop),
      { status: 0, next: null });
  });
});
