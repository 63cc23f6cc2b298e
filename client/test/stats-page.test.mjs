// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { History, SPAN } from '../stats/document.js';
import { areaPath, barPaths, linePath, nearestRow, niceMaximum, scaleOf } from '../stats/shapes.js';
import { badgeOf, combinedRows, peakOf, quantile, sumOf, totalsOf } from '../stats/totals.js';
import { bitrate, duration, milli, program } from '../stats/texts.js';

suite('the history of the page', () => {
  const columns = ['t', 'ws'];
  const stream = (name, rows) => ({ name, history: { columns, rows } });

  test('rows are added once, and leave after ten minutes', () => {
    const history = new History();
    history.add({ now: 4000, streams: [stream('a', [[2000, 1], [4000, null]]), stream('b', [])] });
    assert.deepEqual(history.of('a'), [{ t: 2000, ws: 1 }, { t: 4000, ws: null }]);
    history.add({ now: 6000, streams: [stream('a', [[4000, 7], [6000, 2]])] });
    assert.deepEqual(history.of('a').map(({ ws }) => ws), [1, null, 2]);
    assert.equal(history.newest, 6000);
    history.add({ now: 4000 + SPAN, streams: [stream('a', [])] });
    assert.deepEqual(history.of('a'), [{ t: 6000, ws: 2 }]);
    history.add({ now: 4000 + SPAN, streams: [] });
    assert.deepEqual(history.of('a'), []);
  });

  test('after the clock of the server was set back, the rows begin again', () => {
    const history = new History();
    history.add({ now: 9000, streams: [stream('a', [[8000, 1], [9000, 2]])] });
    history.add({ now: 5500, streams: [stream('a', [])] });
    assert.equal(history.newest, 0);
    assert.deepEqual(history.of('a'), []);
    // Rows from before, whose times are still to come, are left out.
    const rows = [[4000, 0], [9000, 2], [5000, 3]];
    history.add({ now: 5600, streams: [stream('a', rows)] });
    assert.deepEqual(history.of('a').map(({ ws }) => ws), [0, 3]);
    history.add({ now: 7000, streams: [stream('a', [[7000, 4]])] });
    assert.deepEqual(history.of('a').map(({ ws }) => ws), [0, 3, 4]);
    assert.equal(history.newest, 7000);
  });
});

suite('the geometry of charts', () => {
  const scale = scaleOf(0, 10000, 10);
  const rows = [{ t: 0, a: 0, b: 5 }, { t: 2000, a: 10, b: 0 }, { t: 4000, a: null, b: 0 },
    { t: 6000, a: 5, b: 0 }];

  test('a line has gaps where values are unknown', () => {
    assert.equal(linePath(rows, 'a', scale), 'M0.0 100.00L200.0 0.00M600.0 50.00L600.0 50.00');
  });

  test('an area lies between its edges', () => {
    const path = areaPath(rows.slice(0, 2), ['a'], () => 0, ({ a }) => a, scale);
    assert.equal(path, 'M0.0 100.00L200.0 0.00L200.0 100.00L0.0 100.00Z');
  });

  test('bars stand on those below', () => {
    const [below, above] = barPaths([{ t: 2000, a: 2, b: 3 }], ['a', 'b'], scale, 10);
    assert.equal(below, 'M190.0 100.00V80.00h10.0V100.00Z');
    assert.equal(above, 'M190.0 80.00V50.00h10.0V80.00Z');
  });

  test('the upper edge is a round value', () => {
    for (const [value, least, top] of [[0, 2, 2], [3, 2, 5], [100, 1, 100], [101, 1, 200]]) {
      assert.equal(niceMaximum(value, least), top);
    }
  });

  test('the nearest row', () => {
    assert.equal(nearestRow(rows, 2900)?.t, 2000);
    assert.equal(nearestRow([], 0), null);
  });
});

suite('figures of all streams', () => {
  test('quantiles are values of the list', () => {
    assert.equal(quantile([], 0.5), undefined);
    assert.deepEqual([0.5, 0.95, 1].map((share) => quantile([300, 100, 200], share)),
      [200, 300, 300]);
  });

  test('viewers and rates are added, delays are those of the listed viewers', () => {
    const stream = (viewers, kbps, delays) => ({
      aggregate: { viewers, kbps }, viewers: delays.map((delay) => ({ delay })),
    });
    assert.deepEqual(
      totalsOf([stream(2, 500, [100, undefined]), stream(1, 20, [300]), stream(0, 0, [])]),
      { viewers: 3, kbps: 520, median: 300, most: 300 });
    assert.equal(totalsOf([]).median, undefined);
  });

  test('rows of all streams are added by their times', () => {
    const rows = combinedRows([
      [{ t: 4001, ws: 2, http: 1, kbps: 10, stalls: 1 }, { t: 2000, ws: 1, kbps: null }],
      [{ t: 3999, llhls: 4, kbps: 5 }],
    ]);
    assert.deepEqual(rows, [
      { t: 2000, people: 1, kbps: 0, stalls: 0 }, { t: 4000, people: 7, kbps: 15, stalls: 1 },
    ]);
    assert.equal(peakOf(rows, 'people')?.t, 4000);
    assert.equal(peakOf([], 'people'), null);
    assert.equal(sumOf(rows, 'kbps'), 15);
  });

  test('words of the server have badges, unknown ones are shown as they are', () => {
    assert.deepEqual(badgeOf('idle'), ['demand', 'On demand']);
    assert.deepEqual(badgeOf('toString'), ['none', 'toString']);
  });
});

test('values as texts', () => {
  assert.deepEqual([milli(null), milli(1.25), milli(120.4), milli(12000)],
    ['–', '1.3 ms', '120 ms', '12.0 s']);
  assert.deepEqual([bitrate(0), bitrate(999.6), bitrate(2510)],
    ['0 kbit/s', '1.0 Mbit/s', '2.5 Mbit/s']);
  assert.deepEqual([59, 61, 3600, 864000].map((seconds) => duration(seconds * 1000)),
    ['59 s', '1 min 1 s', '1 h 0 min', '10 d']);
  const chrome = 'Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537';
  assert.equal(program(chrome), 'Chrome 131');
  assert.equal(program('curl/8.5.0'), 'curl 8');
  assert.equal(program(''), '–');
});
