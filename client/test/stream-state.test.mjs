// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { audienceOf } from '../publish/audience.js';
import {
  expectationOf, mediaOf, mediaWords, streamStateOf, streamWords,
} from '../publish/stream-state.js';
import { apiLocation, inputReportOf } from '../sheets/input-report.js';

const SINCE = 1795155721234567890;

suite('the publisher of a stream in words', () => {
  test('none, before the first publisher and after the last one', () => {
    const none = streamStateOf({ connected: false, state: 'away' });
    assert.equal(streamWords(none).text, 'No publisher yet.');
    const gone = streamStateOf({ connected: false, since: SINCE, protocol: 'rtmp' });
    assert.match(streamWords(gone).text, /^No publisher since .*\d\.$/);
  });

  test('another publisher, with its media and the expectation', () => {
    const text = 'H.264 without a key frame for 5 s: no picture yet (expected one per second)';
    const state = streamStateOf({
      connected: true, since: SINCE, protocol: 'srt', media: { kind: 'no-picture', text },
    });
    const words = streamWords(state);
    assert.ok(words.isBad);
    assert.match(words.text, /^Another publisher sends this stream by SRT since .*\. H\.264 /);
    assert.ok(words.text.includes('expected one per second'));
    const accepted = { ...state, media: { kind: 'accepted', text: 'HEVC: accepted' } };
    assert.equal(streamWords(accepted).isBad, false);
    assert.match(streamWords({ ...state, protocol: 'PAGE' }).text, / from a page like this /);
  });

  test('sound that viewers do not hear', () => {
    const fault = { kind: 'gone', text: 'no sound: the source sends no audio at present' };
    const media = { kind: 'accepted', text: 'H.264 and AAC: accepted' };
    const state = streamStateOf({ connected: true, protocol: 'rtmp', media, audioFault: fault });
    assert.equal(state.silence, fault.text);
    const words = streamWords(state);
    assert.ok(words.isBad);
    assert.match(words.text, /accepted\. No sound: the source sends no audio at present\.$/);
    assert.equal(
      mediaWords(media, fault.text).text,
      'Arrived at the server: H.264 and AAC: accepted. No sound: the source sends no audio at '
        + 'present.');
    assert.ok(!streamWords(streamStateOf({ connected: true, media })).isBad);
  });

  test('documents of other servers, and broken ones, are nothing', () => {
    for (const value of [null, undefined, 3, 'x', {}, { connected: 'yes' }]) {
      assert.equal(streamStateOf(value), null);
    }
    for (const value of [null, {}, { kind: 1, text: 'x' }, { kind: 'a', text: '' }]) {
      assert.equal(mediaOf(value), null);
    }
  });

  test('the media of the page itself', () => {
    assert.deepEqual(mediaWords(null), { text: '', isBad: false });
    const { media } = audienceOf({
      state: 'live', audience: {}, media: { kind: 'accepted', text: 'H.264 and Opus: accepted' },
    });
    assert.equal(mediaWords(media).text, 'Arrived at the server: H.264 and Opus: accepted.');
    assert.ok(mediaWords({ kind: 'no-audio', text: 'x' }).isBad);
  });

  test('a refusal states the expectation', () => {
    assert.match(expectationOf('bad-key'), /publish key of this stream/);
    assert.match(expectationOf('busy'), /no other publisher/);
    for (const code of ['', 'clock', 'toString']) assert.equal(expectationOf(code), '');
  });
});

suite('the input in the panel of an administrator', () => {
  test('findings, and why a stream is encoded', () => {
    const report = inputReportOf({
      passedThrough: false, encodedBecause: 'the frames are not on the grid of 25 fps',
      findings: [
        { measured: 'the video has 4:2:2 chroma', consequence: 'encoded as 4:2:0' },
        { measured: 3 },
        null,
      ],
      publisher: { media: { kind: 'accepted', text: 'h.264: accepted' } },
    });
    assert.equal(report.plan, 'Encoded: the frames are not on the grid of 25 fps');
    assert.equal(report.state, 'H.264: accepted');
    assert.deepEqual(report.findings, [
      { measured: 'The video has 4:2:2 chroma', consequence: 'encoded as 4:2:0', advice: '' }]);
  });

  test('streams without an input have no report', () => {
    for (const value of [null, {}, { findings: [] }]) assert.equal(inputReportOf(value), null);
    assert.deepEqual(
      inputReportOf({ passedThrough: true, findings: [] }),
      { plan: 'Passed through', state: '', findings: [] });
  });

  test('the address of the stream in /api', () => {
    for (const [page, expected] of [
      ['http://h:8080/', 'http://h:8080/api/streams'],
      ['http://h:8080/live/?panel=1#x', 'http://h:8080/api/streams/live'],
      ['https://h/sub/live/', 'https://h/sub/api/streams/live'],
    ]) assert.equal(apiLocation(page), expected);
  });
});
