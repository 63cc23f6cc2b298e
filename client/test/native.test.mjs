// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { edgeSeek, NativePlayer } from '../engine/players/native.js';
import { renditionNames } from '../engine/renditions/rendition-names.js';

/** An element at `currentTime` whose seekable range ends at 100 s. */
const at = (currentTime) => ({ currentTime, seekable: { length: 1, end: () => 100 } });

suite('native HLS at the live edge', () => {
  for (const [name, video, holdBack, latency, position] of [
    ['within three times PART-HOLD-BACK', at(99.2), 0.3, null, null],
    ['further behind', at(99), 0.3, null, 99.7],
    ['far behind', at(40), 0.3, 60, 99.7],
    ['behind by the latency only: the edge is not nearer', at(99.6), 0.3, 4, null],
    ['no PART-HOLD-BACK', at(40), 0, 60, null],
    ['no seekable range', { currentTime: 1, seekable: { length: 0 } }, 0.3, 60, null],
  ]) {
    test(`${name}: ${position === null ? 'no seek' : `to ${position} s`}`, () => {
      const found = edgeSeek(video, holdBack, latency);
      assert.ok(found === position || Math.abs(found - position) < 1e-9, `${found}`);
    });
  }
});

suite('events in Safari', () => {
  const cues = [['X-EVENT-ID', '3'], ['X-DATA', '%22a%22']].map(([key, data]) => (
    { type: 'com.apple.quicktime.HLS', startTime: 5, value: { key, data } }));

  /** The events that a player adds, for an element with these tracks. */
  function added(textTracks, video) {
    const previous = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    Object.defineProperty(globalThis, 'navigator', {
      value: { vendor: 'Apple' }, configurable: true });
    const events = [];
    new NativePlayer({
      video: { paused: true, textTracks, ...video }, addEvent: (event) => events.push(event),
    }).update();
    if (previous) Object.defineProperty(globalThis, 'navigator', previous);
    else delete globalThis.navigator;
    return events;
  }

  test('cues of a metadata track are events at their PROGRAM-DATE-TIME; the track is read', () => {
    const track = { kind: 'metadata', mode: 'disabled', cues };
    const other = { kind: 'subtitles', mode: 'disabled', cues };
    const getStartDate = () => new Date(1000);
    assert.deepEqual(added([other, track], { getStartDate, currentTime: 6 }), [
      { id: 3, time: 6000, data: 'a' }]);
    assert.deepEqual([other.mode, track.mode], ['disabled', 'hidden']);
    assert.deepEqual(added([{ ...track, cues: null }], { getStartDate }), []);
  });

  test('without the date of the start there is no time for an event', () => {
    const track = { kind: 'metadata', mode: 'hidden', cues };
    assert.deepEqual(added([track], {}), []);
    assert.deepEqual(added([track], { getStartDate: () => new Date(NaN) }), []);
  });
});

suite('names of renditions', () => {
  test('the height, with the bitrate if two are equal, and the bitrate without a height', () => {
    assert.deepEqual(renditionNames([
      { height: 720, bandwidth: 2_500_000 }, { height: 720, bandwidth: 1_200_000 },
      { height: 360, bitrate: 700_000 }, { bandwidth: 300_000 },
    ]), ['720p 2.5 Mbit/s', '720p 1.2 Mbit/s', '360p', '300 kbit/s']);
  });
});
