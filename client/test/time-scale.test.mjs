// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { instantOf, instantText, linkTo } from '../shared/instant.js';
import { MarkedSpan } from '../stage/marked-span.js';
import {
  durationText, eventsIn, eventText, fieldText, fieldTime, fractionOf, gapsIn, marksIn, timeAt,
  viewOf,
} from '../stage/time-scale.js';

suite('instants in addresses', () => {
  const second = Date.UTC(2026, 10, 23, 22, 48, 15) / 1000;
  for (const [text, at] of [
    ['2026-11-23T22:48:15Z', second], ['2026-11-23T22:48:15.250Z', second + 0.25],
    ['2026-11-23T23:48:15+01:00', second], ['2026-11-23T23:48:15 01:00', second],
    ['1795474095', 1795474095], ['1795474095.25', 1795474095.25], [null, null], ['', null],
  ]) test(`${text}`, () => assert.deepEqual(instantOf(text), { at, problem: null }));

  for (const text of ['soon', '2026-11-23T22:48:15', '2026-11-23', '-5', '2026-13-40T22:48:15Z']) {
    test(`${text} is refused`, () => {
      const { at, problem } = instantOf(text);
      assert.equal(at, null);
      assert.match(problem ?? '', /^invalid time/);
    });
  }

  test('a link is read again, and replaces the one before', () => {
    const link = linkTo('http://h/live/?panel=1&at=5#x', second + 0.25);
    assert.equal(link, 'http://h/live/?panel=1&at=2026-11-23T22:48:15.250Z#x');
    assert.equal(instantOf(new URL(link).searchParams.get('at')).at, second + 0.25);
    assert.equal(linkTo('http://h/live/?at=5', null), 'http://h/live/');
    assert.equal(linkTo('http://h/live/', 1.5), 'http://h/live/?at=1970-01-01T00:00:01.500Z');
    assert.equal(instantText(second), '2026-11-23T22:48:15.000Z');
  });
});

suite('the time bar', () => {
  test('an event is named by its data; long texts are cut', () => {
    for (const [data, text] of [
      [{ text: 'Goal', x: 1 }, 'Goal'], [{ title: '', name: 'B' }, 'B'], ['plain', 'plain'],
      [{ goal: 1 }, '{"goal":1}'], [5, '5'], [null, 'null'], [{ text: 7 }, '{"text":7}'],
      ['<b>x</b>', '<b>x</b>'],
    ]) assert.equal(eventText(data), text);
    assert.equal(eventText('x'.repeat(500)).length, 120);
  });

  test('events in the view have marks, close ones share one', () => {
    const events = [[3, 510], [1, 100], [2, 500], [4, 900], [5, 2000]].map(([id, time]) => (
      { id, time, data: `e${id}` }));
    assert.deepEqual(eventsIn({ from: 200, to: 1000 }, 400, events), [
      { id: 2, at: 500, left: 0.375, text: 'e2; e3' }, { id: 4, at: 900, left: 0.875, text: 'e4' },
    ]);
  });

  test('it shows all, or a span around the instant inside of all', () => {
    assert.deepEqual(viewOf(0, 1000, 500, null), { from: 0, to: 1000 });
    assert.deepEqual(viewOf(0, 1000, 500, 100), { from: 450, to: 550 });
    assert.deepEqual(viewOf(0, 1000, 990, 100), { from: 900, to: 1000 });
    assert.deepEqual(viewOf(0, 1000, 10, 100), { from: 0, to: 100 });
    assert.deepEqual(viewOf(0, 50, 10, 100), { from: 0, to: 50 });
  });

  test('times and positions are inverse, and bounded', () => {
    const view = { from: 1795550000, to: 1795553600 };
    for (const at of [1795550000, 1795551234.5, 1795553600]) {
      assert.ok(Math.abs(timeAt(view, fractionOf(view, at)) - at) < 1e-5);
    }
    assert.equal(fractionOf(view, 5), 0);
    assert.equal(fractionOf(view, 1795559999), 1);
    assert.equal(timeAt(view, 1.5), view.to);
    assert.equal(timeAt(view, -1), view.from);
  });

  test('gaps are cut at its ends', () => {
    const gaps = [[0, 10], [90, 150], [160, 170], [190, 300], [400, 500]];
    assert.deepEqual(gapsIn({ from: 100, to: 200 }, gaps), [
      { left: 0, width: 0.5 }, { left: 0.6, width: 0.1 }, { left: 0.9, width: 0.1 },
    ].map(({ left, width }) => (
      { left, width: width === 0.5 ? 0.5 : Math.min(1, left + width) - left })));
  });

  test('marks are at whole times, and not too close', () => {
    for (const [length, width] of [[60, 300], [3600, 1200], [3600, 300], [604800, 1200]]) {
      const view = { from: 1795550123.4, to: 1795550123.4 + length }, marks = marksIn(view, width);
      assert.ok(marks.length >= 1 && marks.length * 60 <= width + 60, `${marks.length}`);
      for (const { at } of marks) assert.ok(at >= view.from && at <= view.to);
    }
    const texts = marksIn({ from: 1795550123, to: 1795550143 }, 400).map(({ text }) => text);
    assert.match(texts[0], /^\d\d:\d\d:\d\d$/);
  });

  test('durations and fields', () => {
    assert.equal(durationText(9.4), '0:09');
    assert.equal(durationText(760), '12:40');
    assert.equal(durationText(10925), '3:02:05');
    assert.equal(durationText(-3), '0:00');
    assert.equal(fieldTime(fieldText(1795550123.25)), 1795550123.25);
    assert.equal(fieldTime('soon'), null);
  });
});

suite('a marked span', () => {
  test('it is a clip as soon as both ends are marked, in either order', () => {
    const span = new MarkedSpan();
    span.end(20.05);
    assert.equal(span.name, null);
    span.begin(10.05);
    assert.equal(span.name, '10.0500--20.0500.mp4');
    span.begin(30);
    assert.equal(span.last, null);
    span.end(31);
    assert.equal(span.name, '30.0000--31.0000.mp4');
    span.end(5);
    assert.equal(span.first, null);
  });

  test('one that is too long is refused', () => {
    const span = new MarkedSpan();
    span.begin(0);
    span.end(7201);
    assert.equal(span.name, null);
    assert.match(span.problem ?? '', /2 hours/);
  });
});
