// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PastExtent } from '../engine/server/past-extent.js';
import { secondFiles } from '../shared/files.js';
import { addressWith } from '../sheets/access-form.js';
import { daysOf, hoursText, instantAt, keptOf } from '../sheets/calendar.js';
import { lengthText, sizeText, timeOn } from '../sheets/clip-sheet.js';
import { partsOf } from '../sheets/figures.js';
import { nearest } from '../sheets/nearest.js';
import { pictureName } from '../sheets/pictures.js';
import { addressesOf, embedCodes } from '../sheets/share-sheet.js';
import { Pinch } from '../stage/pinch.js';
import { nameIn } from '../stage/stream-name.js';
import { spanAfter, timeText } from '../stage/time-scale.js';

const KEY = 'k1.1800000000.bob.abc_-9';

suite('a key that a viewer enters', () => {
  for (const [text, page, address] of [
    [KEY, 'https://h/gate/', `https://h/t/${KEY}/gate/`],
    [` t/${KEY}/ `, 'https://h/gate/?panel=1', `https://h/t/${KEY}/gate/?panel=1`],
    [KEY, 'https://h/t/k.1.a.b/gate/', `https://h/t/${KEY}/gate/`],
    [KEY, 'https://h/cameras/gate/', `https://h/cameras/t/${KEY}/gate/`],
    ['aaa.bbb.ccc', 'https://h/gate/', 'https://h/gate/?token=aaa.bbb.ccc'],
    ['https://other/t/x/gate/', 'https://h/gate/', 'https://other/t/x/gate/'],
    ['javascript:alert(1)', 'https://h/gate/', null], ['secret', 'https://h/gate/', null],
  ]) {
    test(text, () => assert.equal(addressWith(text, page), address));
  }
});

suite('the calendar', () => {
  test('a month begins in the column of its first day', () => {
    const days = daysOf(new Date(2026, 10, 15));
    assert.deepEqual([days.length, days.indexOf(days.find(Boolean))], [36, 6]);  // a Sunday
    assert.equal(days.at(-1).getDate(), 30);
  });

  test('a day has what is kept of it, without gaps', () => {
    const day = new Date(2026, 10, 26), start = day.getTime() / 1000;
    const extent = new PastExtent({ from: start - 86400, gaps: [[start + 3600, start + 7200]] });
    const { from, mediaBetween } = extent;
    const bound = { from, mediaBetween: mediaBetween.bind(extent) };
    assert.equal(keptOf(bound, day, start + 36000), 32400);
    assert.equal(keptOf(bound, new Date(2026, 10, 24), start + 36000), 0);
    assert.equal(keptOf(bound, new Date(2026, 10, 27), start + 36000), 0);
    assert.equal(hoursText(34560), '9 h 36 min');
  });

  test('a time is read in some forms, and others are refused', () => {
    const day = new Date(2026, 10, 26, 9, 9);
    const at = (...time) => new Date(2026, 10, 26, ...time) / 1000;
    assert.equal(instantAt('15:22', day), at(15, 22));
    assert.equal(instantAt(' 5:22:08 ', day), at(5, 22, 8));
    assert.equal(instantAt('15.22.08.5', day), at(15, 22, 8) + 0.5);
    for (const text of ['', '25:00', '12:60', 'noon', '12']) {
      assert.equal(instantAt(text, day), null);
    }
  });
});

suite('a clip', () => {
  test('its ends are times of the day to the millisecond', () => {
    const near = new Date(2026, 10, 26, 12) / 1000;
    assert.equal(timeOn('15:21:30.12', near), new Date(2026, 10, 26, 15, 21, 30, 120) / 1000);
    assert.equal(timeOn('15:21', near), new Date(2026, 10, 26, 15, 21) / 1000);
    for (const text of ['', '24:00:00', '15:61:00', 'x']) assert.equal(timeOn(text, near), null);
  });

  test('its length and size have units', () => {
    assert.deepEqual([42.34, 725].map(lengthText), ['42.3 s', '12 min 5 s']);
    assert.deepEqual(
      [400, 1.26e6, 13.2e6, 2.5e9].map(sizeText), ['1 kB', '1.3 MB', '13 MB', '2.5 GB']);
  });
});

suite('what is shared', () => {
  test('code to embed has no way out of its attributes', () => {
    const { element, frame } = embedCodes({
      page: 'https://h/gate/', module: 'https://h/player/live-player.js', label: '"><script>x',
    });
    assert.ok(!element.includes('"><script>x') && !frame.includes('<script>'));
    assert.match(element, /src="https:\/\/h\/gate\/" aria-label="&#34;&#62;&#60;script/);
    assert.match(frame, /<iframe src="https:\/\/h\/gate\/\?embed"/);
  });

  test('addresses are beside the playlist', () => {
    assert.deepEqual(addressesOf('https://h/t/x/gate/ll.m3u8').map(([, address]) => address), [
      'playlist.m3u8', 'chunked.m3u8', 'manifest.mpd', 'snapshot.jpg', 'stream.mjpeg',
    ].map((name) => `https://h/t/x/gate/${name}`));
  });
});

suite('names', () => {
  const listed = ['gate', 'street', 'dock'].map((name) => ({ name, label: name }));
  test('the nearest stream', () => {
    assert.equal(nearest('gaet', listed)?.name, 'gate');
    assert.equal(nearest('Streets', listed)?.name, 'street');
    assert.equal(nearest('somethingelse', listed), null);
    assert.equal(nearest('gate', []), null);
  });

  test('of a stream and of a picture', () => {
    assert.equal(nameIn('https://h/t/x/T%C3%BCr/ll.m3u8'), 'Tür');
    assert.equal(nameIn('https://h/%zz/ll.m3u8'), '%zz');
    assert.equal(nameIn('https://h/live.m3u8'), '');
    assert.equal(
      pictureName('gate', new Date(2026, 10, 28, 15, 22, 30) / 1000),
      'gate 2026-11-28 15.22.30.jpg');
  });
});

suite('the second file', () => {
  for (const [page, first] of [
    ['https://h/gate/', 'https://h/player/'], ['https://h/', 'https://h/player/'],
    ['https://h/t/k.1.a.b/gate/', 'https://h/player/'],
    ['https://h/cameras/gate/?x=1', 'https://h/cameras/player/'],
    ['https://h/ldash/play/gate', 'https://h/player/'],
    ['https://h/ldash/play/gate/manifest.mpd', 'https://h/player/'],
  ]) {
    test(`of ${page}`, () => {
      assert.equal(secondFiles(page)[0], `${first}live-player-later.js`);
    });
  }

  test('of a page from a file: none', () => {
    assert.deepEqual(secondFiles('file:///a/browser.html'), []);
  });
});

suite('the time bar', () => {
  test('its length has steps', () => {
    assert.equal(spanAfter(null, 7200, false), 3600);
    assert.equal(spanAfter(3600, 7200, true), null);
    assert.equal(spanAfter(60, 7200, false), 60);
    assert.equal(spanAfter(1800, 7200, true), 3600);
  });

  test('two fingers zoom by the change of their distance', () => {
    const pinch = new Pinch();
    const finger = (pointerId, clientX) => ({ pointerId, clientX, clientY: 0 });
    assert.equal(pinch.press(finger(1, 0)), false);
    assert.equal(pinch.move(finger(1, 5)), null);
    assert.equal(pinch.press(finger(2, 105)), true);
    assert.equal(pinch.move(finger(2, 205)), 2);
    pinch.release(finger(1, 0));
    assert.equal(pinch.move(finger(2, 300)), null);
  });

  test('a time has its day', () => {
    const now = new Date(2026, 10, 26, 16) / 1000;
    assert.equal(timeText(now - 60, now), '15:59:00 today');
    assert.equal(timeText(now - 86400, now), '16:00:00 yesterday');
    assert.equal(timeText(now - 5 * 86400, now), '16:00:00 Sat 21 Nov');
  });
});

suite('where the time goes', () => {
  test('three parts, or none if one is unknown', () => {
    assert.deepEqual(partsOf(76, 30, 21).map(([, ms]) => ms), [30, 25, 21]);
    for (const unknown of [[null, 30, 21], [76, null, 21], [76, 30, 0], [40, 30, 21]]) {
      assert.deepEqual(partsOf(...unknown), []);
    }
  });
});
