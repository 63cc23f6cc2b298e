// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { timestampsOf } from '../shared/timestamps.js';
import { awayWords, presenceOf, publisherText } from '../engine/server/away.js';

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const good = {
  source: { isOnline: true, since: (NOW - 60e3) * 1e6 }, publisher: null,
  isReachable: true, isPlaying: true,
  changedAt: NOW - 60e3, problem: '',
};

suite('words for a stream without a picture', () => {
  test('none while the source supplies frames, or if the server does not state it', () => {
    assert.equal(awayWords(good, NOW), null);
    assert.equal(awayWords({ ...good, source: null }, NOW), null);
  });

  for (const [seconds, text] of [[5, '(5 s)'], [600, '(10 min)'], [7200, '(2 h)']]) {
    test(`a source that is away for ${seconds} s: state, and since when, from the server`, () => {
      const since = NOW - seconds * 1000, source = { isOnline: false, since: since * 1e6 };
      const words = awayWords({ ...good, source }, NOW);
      assert.equal(words.title, 'The source is away');
      assert.ok(words.text.includes(text), words.text);
      assert.ok(words.text.includes(new Date(since).toLocaleTimeString([], { hour12: false })));
    });
  }

  for (const [state, title] of [
    ['live', null], ['lost', 'The source is away'], ['failed', 'The stream has failed'],
    ['another', null],
  ]) {
    test(`the state ${state} over a WebSocket: ${title}`, () => {
      const words = awayWords({ ...good, source: presenceOf(state, NOW - 5000) }, NOW);
      assert.equal(words?.title ?? null, title);
      if (words) assert.match(words.text, /^No (frames|media) since .* \(5 s\)\. The picture/);
    });
  }

  for (const [text, retry, title, words] of [
    ['the source refuses the connection', 300, 'The source refuses the connection',
      'No media since T (5 s). Trying again.'],
    ['the source refuses access: its password is wrong', 29_000, 'The source refuses access',
      'Its password is wrong. No media since T (5 s). Next attempt at T.'],
    ['waiting for a publisher', null, 'Waiting for a publisher',
      'No media since T (5 s). The picture starts by itself.'],
  ]) {
    test(`${title}: since when, and when it is tried next`, () => {
      const cause = { kind: 'k', text, since: NOW - 5000, ...(retry && { retry: NOW + retry }) };
      const pushed = presenceOf('starting', NOW - 9000, cause);
      const polled = timestampsOf({
        source: {
          online: false, since: (NOW - 9000) * 1e6,
          outage: {
            ...cause, since: cause.since * 1e6, ...(retry && { retry: cause.retry * 1e6 }),
          },
        },
      }).source;
      for (const source of [pushed, polled]) {
        const shown = awayWords({ ...good, source, isPlaying: false }, NOW);
        assert.equal(shown.title, title);
        assert.equal(shown.text.replaceAll(/\d\d:\d\d:\d\d/g, 'T'), words);
      }
    });
  }

  test('a publisher that is away, and whether its slate is shown', () => {
    const source = { isOnline: false, since: (NOW - 5000) * 1e6 };
    const publisher = { state: 'slate', protocol: 'RTMP', since: (NOW - 5000) * 1e6 };
    const slate = awayWords({ ...good, source, publisher }, NOW);
    assert.equal(slate.title, 'The publisher is away');
    assert.match(slate.text, /^No frames since .* \(5 s\)\. A slate is shown\. The picture/);
    const away = awayWords({ ...good, source, publisher: { ...publisher, state: 'away' } }, NOW);
    assert.doesNotMatch(away.text, /slate/);
    const waiting = { ...source, outage: {
      kind: 'no-publisher', text: 'waiting for a publisher', since: NOW - 5000, retry: null } };
    const left = awayWords({ ...good, source: waiting, publisher }, NOW);
    assert.equal(left.title, 'The publisher is away');
    assert.match(left.text, /^No frames since .* A slate is shown\./);
    const first = { ...publisher, since: NaN };
    assert.equal(awayWords({ ...good, source: waiting, publisher: first }, NOW).title,
      'Waiting for a publisher');
    assert.equal(awayWords({ ...good, publisher: { ...publisher, state: 'live' } }, NOW), null);
  });

  test('the state of a publisher for the panel', () => {
    const since = (NOW - 5000) * 1e6, protocol = 'SRT';
    assert.match(publisherText({ state: 'live', protocol, since }, NOW), /^SRT since .* \(5 s\)$/);
    assert.match(
      publisherText({ state: 'slate', protocol, since }, NOW), /^away since .*, slate shown$/);
    assert.equal(publisherText({ state: 'away', protocol: '', since: NaN }, NOW), 'away');
  });

  test('an outage of a second needs no words', () => {
    const source = { isOnline: false, since: (NOW - 1000) * 1e6 };
    assert.equal(awayWords({ ...good, source }, NOW), null);
    assert.equal(awayWords({ ...good, isPlaying: false, changedAt: NOW - 1000 }, NOW), null);
  });

  test('a server that does not answer, and a stream that has not started', () => {
    const stopped = { ...good, isPlaying: false, changedAt: NOW - 9000 };
    const silent = awayWords({ ...stopped, isReachable: false }, NOW);
    assert.equal(silent.title, 'The server does not answer');
    const starting = awayWords({ ...stopped, source: null, problem: 'status 503' }, NOW);
    assert.equal(starting.title, 'Waiting for the stream');
    assert.match(starting.text, /^Status 503\. No media since .*\(9 s\)\.$/);
  });
});
