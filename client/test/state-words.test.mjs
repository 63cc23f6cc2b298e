// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { outageOf } from '../shared/outage.js';
import { secondOf } from '../shared/day-time.js';
import { presenceOf } from '../engine/server/away.js';
import { publisherText } from '../sheets/served-figures.js';
import { timestampsOf } from '../shared/timestamps.js';
import { keepsControls, latencyText } from '../stage/brief-words.js';
import { titleState, wordsOf } from '../stage/state-words.js';

const NOW = new Date(2026, 10, 26, 16, 42, 0).getTime();
const at = (hours, minutes, seconds = 0) => (
  new Date(2026, 10, 26, hours, minutes, seconds).getTime());
/** A stream that plays live. */
const live = {
  status: 'live', since: NOW - 60e3, problem: '', retryAt: null, refusal: null, isReachable: true,
  isConnected: true, source: { isOnline: true, since: (NOW - 60e3) * 1e6 }, publisher: null,
  hasStarted: true, needsClick: false, isPaused: false, shownAt: NOW - 20, stillFor: 20,
  interval: 40, past: null, gap: null, latency: 76, target: 80, frameRate: 25, usualRate: 25,
  recorded: null, recordedTo: null, isOnDemand: false, name: 'gate', maySignIn: true,
};
const lost = (seconds, outage = {}) => ({
  isOnline: false, since: (NOW - 90e3) * 1e6,
  outage: { kind: 'k', since: NOW - seconds * 1000, retry: NOW + 8000, ...outage },
});
const refused = (status, more = {}) => ({
  status: 'wait', shownAt: null,
  refusal: { status, reason: '', at: NOW - 3000, retryAt: null, expires: null, ...more },
});
const waiting = { status: 'wait', shownAt: null };

/** Name, facts that differ, state, badge, title, text, actions. */
const TABLE = [
  ['live', {}, 'live', 'live Live 76 ms', '', '', []],
  ['connecting', { ...waiting, since: NOW - 400, isConnected: false }, 'connecting',
    'start Connecting', 'Connecting', 'The first picture comes within a second.', []],
  ['starting', { ...waiting, since: NOW - 2000 }, 'starting', 'start Starting', 'Starting',
    'Connected. Waiting for the first key frame, at most 4 s.', []],
  ['a first picture that does not come', { ...waiting, since: NOW - 9000, problem: 'status 503' },
    'waiting', 'wait Waiting for 9 s', 'Waiting for the stream',
    'Status 503. No picture since 16:41:51. Trying again.', ['again']],
  ['on demand', { ...waiting, hasStarted: false, isOnDemand: true }, 'demand',
    'demand On demand', '', 'Starts when opened, in about 2 s.', []],
  ['not begun', { ...waiting, hasStarted: false }, 'ready', 'none Ready', '', '', []],
  ['a browser that plays after a click only', { needsClick: true }, 'ready', 'none Ready', '', '',
    []],
  ['late', { latency: 4200 }, 'late', 'late Late 4.2 s', '4.2 s behind, catching up',
    'The connection is slow, or was interrupted.', ['live']],
  ['late by the encoder', { latency: 4200, frameRate: 31, usualRate: 50 }, 'late',
    'late Late 4.2 s', '4.2 s behind, catching up',
    'The encoder sends less than real time: 31 of 50 frames a second.', ['live']],
  ['late as its target asks for', { latency: 5200, target: 5000 }, 'live', 'live Live 5.2 s', '',
    '', []],
  ['a player whose latency the page does not hold', { latency: 4200, target: null }, 'live',
    'live Live 4.2 s', '', '', []],
  ['a picture that stands still', { stillFor: 1001, shownAt: NOW - 1001 }, 'still',
    'lost No picture for 1 s', '', '', []],
  ['a picture that stands still for longer', { stillFor: 33e3, shownAt: NOW - 33e3 }, 'still',
    'lost No picture for 33 s', 'The picture stands still',
    'Last picture at 16:41:27. This page asks for it again.', ['again']],
  ['a stream of one frame in two seconds', { stillFor: 1900, interval: 2000 }, 'live',
    'live Live 76 ms', '', '', []],
  ['a source that is lost', { source: lost(33, { text: 'the camera does not answer' }) }, 'lost',
    'lost No picture for 33 s', 'The camera does not answer',
    'Last picture at 16:41:27. Next try in 8 s.', []],
  ['a source that is lost, with a recording',
    { source: lost(33, { text: 'the camera does not answer' }), recorded: at(7, 0) }, 'lost',
    'lost No picture for 33 s', 'The camera does not answer',
    'Last picture at 16:41:27. Next try in 8 s.', ['recorded']],
  ['a source that refuses', {
    shownAt: null,
    source: lost(60, {
      text: 'the source refuses access: its password is wrong', retry: NOW + 500,
    }),
  }, 'lost', 'lost No picture for 60 s', 'The source refuses access',
  'Its password is wrong. No picture since 16:41:00. Trying again.', []],
  ['a source away without a reason', { source: { isOnline: false, since: (NOW - 605e3) * 1e6 } },
    'lost', 'lost No picture for 10 min', 'The source is away',
    'Last picture at 16:31:55. The picture returns by itself.', []],
  ['a stream that has failed',
    { source: { isOnline: false, hasFailed: true, since: (NOW - 5e3) * 1e6 } }, 'lost',
    'lost No picture for 5 s', 'The stream has failed',
    'Last picture at 16:41:55. The picture returns if it starts again.', []],
  ['an outage of a second', { source: { isOnline: false, since: (NOW - 1000) * 1e6 } }, 'live',
    'live Live 76 ms', '', '', []],
  ['no publisher yet', {
    ...waiting, publisher: { state: 'away', protocol: '', since: NaN },
    source: lost(5, { kind: 'no-publisher', text: 'waiting for a publisher', retry: null }),
  }, 'waiting', 'wait Waiting for 5 s', 'Waiting for a publisher', 'The picture starts by itself.',
  []],
  ['a publisher that has left', {
    publisher: { state: 'slate', protocol: 'RTMP', since: (NOW - 5000) * 1e6 },
    source: lost(5, { kind: 'no-publisher', text: 'waiting for a publisher', retry: null }),
  }, 'lost', 'lost No picture for 5 s', 'The publisher is away',
  'Last picture at 16:41:55. A slate is shown. The picture returns by itself.', []],
  ['ended', { status: 'dead', problem: 'The stream has ended' }, 'ended', 'none Ended',
    'The show has ended', 'This page starts by itself when the next one begins.', ['list']],
  ['ended, with its recording', {
    status: 'dead', problem: 'The stream has ended', recorded: at(14, 0), recordedTo: at(16, 14),
  }, 'ended', 'none Ended', 'The show has ended',
  'It was live from 14:00 to 16:14. This page starts by itself when the next one begins.',
  ['start', 'list']],
  ['no player can play it', { status: 'dead', problem: 'no decoder for HEVC' }, 'failed',
    'bad Cannot play', 'The stream cannot be played here', 'No decoder for HEVC.', ['again']],
  ['too many viewers', refused(503, { reason: 'too many viewers', retryAt: NOW + 10e3 }),
    'overloaded', 'late Waiting', 'Too many people are watching',
    'You are let in as soon as there is room. Next try in 10 s.', ['stills']],
  ['503 for another reason',
    { ...refused(503, { reason: 'not published in time', retryAt: NOW + 10e3 }), since: NOW - 9000,
      retryAt: NOW + 4000 },
    'waiting', 'wait Waiting for 9 s', 'Waiting for the stream',
    'No picture since 16:41:51. Next try in 4 s.', ['again']],
  ['a password in a page of another site', { ...refused(401), maySignIn: false }, 'no-access',
    'none No access', 'This stream needs a password',
    'This site cannot ask for it. Its own page can.', ['page']],
  ['a password', refused(401), 'no-access', 'none No access', 'This stream needs a password',
    'Ask the person who sent you here.', []],
  ['a key', refused(403), 'no-access', 'none No access', 'This stream needs a key',
    'Ask the person who sent you here for a link, or enter the key.', []],
  ['another key', refused(403, { expires: NOW / 1000 + 60 }), 'no-access', 'none No access',
    'This link does not open the stream',
    'It was changed, or is for another stream or place. Ask for a new one, or enter a key that you '
      + 'were given.', []],
  ['an expired link', refused(410, { expires: at(14, 0) / 1000 }), 'no-access', 'none No access',
    'This link has expired',
    'It was good until today, 14:00. Ask for a new one, or enter a key that you were given.',
    ['list']],
  ['too many wrong keys', refused(429, { retryAt: NOW + 60e3 }), 'no-access', 'none No access',
    'Too many wrong keys came from your network', 'Next try in 60 s.', []],
  ['an unknown stream', { ...refused(404), name: 'nosuch' }, 'not-found', 'none Not found',
    'There is no stream called “nosuch”',
    'It was renamed or removed, or the address has a typing error.', ['list']],
  ['a stream that is gone', { ...refused(404, { retryAt: NOW + 8000 }), shownAt: NOW - 3000 },
    'not-found', 'lost Not found for 3 s', 'The stream is not there any more',
    'Last picture at 16:41:57. Next try in 8 s.', ['again']],
  ['no server', {
    status: 'wait', isReachable: false, since: NOW - 21e3, shownAt: at(16, 41, 20),
    retryAt: NOW + 5000,
  }, 'gone', 'lost No server for 21 s', 'The server does not answer',
  'Last picture at 16:41:20. Next try in 5 s.', ['again']],
  ['a lost connection for a moment', { status: 'wait', since: NOW - 1000 }, 'connecting',
    'start Connecting', '', '', []],
  ['a lost connection', { status: 'wait', since: NOW - 3000, problem: 'cut' }, 'waiting',
    'lost No picture for 3 s', 'Waiting for the stream',
    'Cut. Last picture at 16:41:59. Trying again.', ['again']],
  ['past', { past: at(15, 22, 8) }, 'past', 'past 15:22:08 today', '', '', []],
  ['yesterday', { past: at(15, 22, 8) - 86400e3 }, 'past', 'past 15:22:08 yesterday', '', '', []],
  ['an earlier day', { past: at(15, 22, 8) - 5 * 86400e3 }, 'past', 'past 15:22:08 Sat 21 Nov', '',
    '', []],
  ['a recording that does not come', { status: 'wait', past: at(15, 22, 8), since: NOW - 2000 },
    'past', 'past 15:22:08 today', 'Getting the recording', 'The picture of 15:22:08 comes soon.',
    []],
  ['a gap', { past: at(12, 5), gap: [at(12, 4), at(12, 19)] }, 'gap', 'none No recording',
    'Nothing was kept here', 'From 12:04 to 12:19 there is no recording.', ['gap']],
  ['the past while the source is lost', { past: at(15, 22, 8), source: lost(33, { text: 'gone' }) },
    'past', 'past 15:22:08 today', '', '', []],
  ['paused', { isPaused: true, stillFor: 60e3 }, 'paused', 'none Paused', '', '', []],
];

suite('the words of each state', () => {
  for (const [name, facts, state, badge, title, text, actions] of TABLE) {
    test(name, () => {
      const words = wordsOf({ ...live, ...facts }, NOW);
      assert.deepEqual({
        state: words.state, title: words.title, text: words.text, actions: words.actions,
        badge: [words.tone, words.badge, words.detail].filter((part) => part !== '').join(' '),
      }, { state, title, text, actions, badge });
    });
  }

  test('the badge is green while new frames are shown only', () => {
    for (const [name, facts, state] of TABLE) {
      const { tone } = wordsOf({ ...live, ...facts }, NOW);
      assert.equal(tone === 'live', state === 'live', name);
    }
  });

  test('a state with a title has an exit: a button, a field, a time, or it ends by itself', () => {
    for (const [name, facts] of TABLE) {
      const { title, text, actions, form, sign } = wordsOf({ ...live, ...facts }, NOW);
      const ends = /Next try in|Trying again|by itself|if it starts again|comes soon/.test(text);
      assert.ok(title === '' || actions.length > 0 || form || ends || sign === '', name);
    }
  });

  test('the sentence that is said has no part that changes each second', () => {
    for (const [name, facts] of TABLE) {
      const [now, later] = [0, 1000].map((ms) => wordsOf({ ...live, ...facts }, NOW + ms));
      if (now.state === later.state) assert.equal(now.said, later.said, name);
    }
  });

  test('controls stay in all states but live and the past', () => {
    for (const [name, facts, state] of TABLE) {
      const isUsual = state === 'live' || state === 'past';
      assert.equal(keepsControls(wordsOf({ ...live, ...facts }, NOW)), !isUsual, name);
    }
  });

  test('fields for a password and for a key', () => {
    const forms = [401, 403, 410, 404].map(
      (status) => wordsOf({ ...live, ...refused(status) }, NOW).form);
    assert.deepEqual(forms, ['password', 'key', 'key', null]);
  });

  test('the time of the next try counts down', () => {
    const facts = { ...live, source: lost(33, { text: 'gone' }) };
    for (const [ms, end] of [
      [0, 'Next try in 8 s.'], [1000, 'Next try in 7 s.'], [6000, 'Next try in 2 s.'],
      [7000, 'Trying again.'],
    ]) assert.ok(wordsOf(facts, NOW + ms).text.endsWith(` ${end}`), end);
  });

  test('the state in the title of the window', () => {
    const titles = [{}, { past: at(15, 22, 8) }, { hasStarted: false },
      { source: lost(33, { text: 'gone' }) }].map(
      (facts) => titleState(wordsOf({ ...live, ...facts }, NOW)));
    assert.deepEqual(titles, ['live', '15:22', '', 'no picture']);
  });

  test('latencies have their unit', () => {
    assert.deepEqual([null, 76.4, 994, 995, 4210].map(latencyText),
      ['', '76 ms', '994 ms', '1.0 s', '4.2 s']);
  });
});

suite('what the server states of the source', () => {
  for (const [state, isOnline] of [
    ['live', true], ['lost', false], ['failed', false], ['another', true],
  ]) {
    test(`the state ${state} over a WebSocket`, () => {
      const presence = presenceOf(state, NOW - 5000);
      assert.equal(presence.isOnline, isOnline);
      assert.equal(wordsOf({ ...live, source: presence }, NOW).state, isOnline ? 'live' : 'lost');
    });
  }

  test('the outage of a document and of a message are one', () => {
    const cause = { kind: 'k', text: 'gone', since: NOW - 5000, retry: NOW + 29e3 };
    const pushed = presenceOf('starting', NOW - 9000, cause);
    const polled = timestampsOf({ source: {
      online: false, since: (NOW - 9000) * 1e6,
      outage: { ...cause, since: cause.since * 1e6, retry: cause.retry * 1e6 },
    } }).source;
    for (const source of [pushed, polled]) {
      const words = wordsOf({ ...live, ...waiting, source }, NOW);
      assert.deepEqual([words.title, words.text],
        ['Gone', `No picture since ${secondOf(NOW - 5000)}. Next try in 29 s.`]);
    }
    assert.equal(outageOf({}, 1), null);
  });

  test('the state of a publisher for the figures', () => {
    const since = (NOW - 5000) * 1e6, protocol = 'SRT';
    assert.match(publisherText({ state: 'live', protocol, since }, NOW), /^SRT since .* \(5 s\)$/);
    assert.match(
      publisherText({ state: 'slate', protocol, since }, NOW), /^away since .*, slate shown$/);
    assert.equal(publisherText({ state: 'away', protocol: '', since: NaN }, NOW), 'away');
  });
});
