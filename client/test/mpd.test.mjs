// SPDX-License-Identifier: Apache-2.0
// The page's MPD reader, on the golden MPDs of the packager.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { timeServicesOf } from '../engine/transport/documents.js';
import { parseManifest } from '../engine/transport/mpd.js';
import { segmentNames } from '../engine/transport/segment-names.js';
import { parseXML } from '../engine/transport/xml.js';

const folder = new URL('../../Tests/DASHPackagerTests/Golden/', import.meta.url);
const golden = (name) => readFileSync(new URL(`${name}.mpd`, folder), 'utf8');
const host = 'http://127.0.0.1:8080', base = `${host}/live/manifest.mpd`;

test('the open segment follows from the clock', () => {
  for (const [now, open] of [
    [1795155735.001, 1795155735], [1795155735.999, 1795155735], [1795155736, 1795155736],
  ]) {
    const list = parseManifest(golden('running'), base, now);
    assert.equal(list.openNumber, open);
    assert.ok(Math.abs(list.openDate - open) < 1e-6, 'the number is not the time since 1970');
    assert.equal(list.segments.at(-1).number, open - 1);
    assert.equal(list.segments.length, 10);
    assert.equal(list.ended, false);
  }
});

test('names of segments, header and time services', () => {
  const list = parseManifest(golden('running'), base, 1795155735.5);
  const names = segmentNames(list);
  assert.equal(names.urlOf(1795155735), `${host}/live/video/segment1795155735.m4s`);
  assert.equal(names.folder, `${host}/live/video/`);
  assert.match(list.map, /^http:\/\/127\.0\.0\.1:8080\/live\/video\/init-[0-9a-f]{8}\.mp4$/);
  const times = ['ms', 'iso', 'xsdate'].map((format) => `${host}/time?${format}`);
  assert.deepEqual(timeServicesOf(list), times);
});

test('segments of 1.001 s at 30000/1001 frames per second', () => {
  const list = parseManifest(golden('ntsc'), base, 1793362367 * 1.001 + 0.5);
  assert.equal(list.openNumber, 1793362367);
  assert.equal(list.targetDuration, 1.001);
});

test('numbers of five digits that begin with the process', () => {
  const list = parseManifest(golden('run'), base, 1795155735.5);
  assert.equal(list.openNumber, 16);
  assert.equal(segmentNames(list).urlOf(16), `${host}/live/video/segment00016.m4s`);
  assert.ok(Math.abs(list.openDate - 1795155735) < 1e-6);
});

test('after a step of the clock the last Period that has begun counts', () => {
  const after = parseManifest(golden('discontinuity'), base, 1795155735.4);
  assert.equal(after.openNumber, 1795155735, 'the clock is 0.35 s ahead of the media');
  assert.ok(Math.abs(after.openDate - 1795155735.35) < 1e-3);
  const before = parseManifest(golden('discontinuity'), base, 1795155733.2);
  assert.equal(before.openNumber, 1795155733);
});

test('an ended MPD; BaseURL; several Representations', () => {
  assert.equal(parseManifest(golden('ended'), base, 1795155740).ended, true);
  const text = golden('renditions');
  const list = parseManifest(text, 'http://127.0.0.1/manifest.mpd', 1795155735.5);
  assert.equal(segmentNames(list).urlOf(7), 'http://127.0.0.1/live/720p/segment7.m4s');
  assert.equal(list.timing[0], "https://a'b&c.example/time?iso");
});

test('an unsupported MPD is refused', () => {
  const text = golden('running');
  for (const wrong of [
    text.replace('$Number$', '$Time$'), text.replace(/ duration="90000"/, ''),
    text.replace(/<AdaptationSet[\s\S]*<\/AdaptationSet>/, ''), text.replace('</MPD>', ''),
    '<html></html>',
    text.replace(/(<SegmentTemplate [^>]*)\/>/, '$1><SegmentTimeline/></SegmentTemplate>'),
  ]) {
    assert.notEqual(wrong, text);
    assert.throws(() => parseManifest(wrong, base, 1795155735));
  }
});

test('elements, attributes, text and entities of XML', () => {
  const text = '<?xml version="1.0"?><!-- <x> --><a:b c="1 &lt; 2" d=\'"\'><e/>t &amp; u</a:b>';
  assert.deepEqual(parseXML(text), {
    name: 'b', attributes: { c: '1 < 2', d: '"' }, text: 't & u',
    children: [{ name: 'e', attributes: {}, children: [], text: '' }],
  });
});

test('audio is a rendition with its own names and with the numbers of the video', () => {
  const list = parseManifest(golden('audio'), base, 1795155735.5);
  assert.ok(list.audio);
  assert.equal(list.audio.openNumber, list.openNumber);
  assert.equal(segmentNames(list.audio).urlOf(7), `${host}/live/audio/segment7.m4s`);
  assert.match(list.audio.map, /\/live\/audio\/init-[0-9a-f]{8}\.mp4$/);
  assert.equal(parseManifest(golden('running'), base, 1795155735.5).audio, undefined);
});

test('the last entry of a SegmentTimeline is open; numbers and dates follow the times', () => {
  const list = parseManifest(golden('variable-duration'), base, 1795155735);
  assert.equal(list.ended, false);
  const durations = list.segments.map((segment) => Math.round(segment.duration * 30));
  const text = golden('variable-duration'), last = text.slice(text.lastIndexOf('<Period'));
  const entries = [...last.matchAll(/<S (?:t="(\d+)" )?d="(\d+)"/g)];
  assert.deepEqual(durations, entries.slice(0, -1).map(([, , d]) => Number(d) / 3000));
  const first = Number(/startNumber="(\d+)"/.exec(last)[1]);
  assert.equal(list.openNumber, first + entries.length - 1);
  const date = Date.parse(/type="captured" wallClockTime="([^"]+)"/.exec(last)[1]) / 1000;
  const offset = Number(/presentationTimeOffset="(\d+)"/.exec(last)[1]);
  const firstDate = date + (Number(entries[0][1]) - offset) / 90000;
  assert.ok(Math.abs(list.segments[0].date - firstDate) < 1e-3);
  const end = list.segments.at(-1).date + list.segments.at(-1).duration;
  assert.ok(Math.abs(list.openDate - end) < 1e-3);
});
