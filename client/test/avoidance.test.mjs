// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parsePlaylist } from '../shared/playlist.js';
import { hasNewerMedia, isLate } from '../engine/playback/display-watch.js';
import { Avoidance, substituteFor } from '../engine/renditions/avoidance.js';
import { newestListed, newestPublished } from '../engine/server/newest-media.js';

suite('the rendition in place of an avoided one', () => {
  for (const [index, avoided, other] of [
    [0, [], 0], [0, [0], 1], [1, [1], 2], [0, [0, 1], 2], [2, [2], 1], [2, [1, 2], 0], [1, [0], 1],
    [1, [0, 1, 2], 1],
  ]) {
    test(`${index} of 3 without ${avoided.join(' and ') || 'any'}: ${other}`, () => {
      assert.equal(substituteFor(index, 3, new Set(avoided)), other);
    });
  }
});

suite('the renditions to avoid', () => {
  const at = (avoidance, now, ...more) => [...avoidance.at(now, 3, ...more)].sort();

  test('are those without media, and for 15 s those whose picture stood still', () => {
    const avoidance = new Avoidance();
    avoidance.setMissing([0]);
    avoidance.leave(10, 1);
    assert.deepEqual([at(avoidance, 24), at(avoidance, 26)], [[0, 1], [0]]);
    avoidance.setMissing([]);
    assert.deepEqual(at(avoidance, 26), []);
  });

  test('are never all: then those without media, or none', () => {
    const avoidance = new Avoidance();
    avoidance.setMissing([0]);
    avoidance.leave(10, 1);
    avoidance.leave(10, 2);
    assert.deepEqual(at(avoidance, 11), [0]);
    avoidance.setMissing([0, 1, 2]);
    assert.deepEqual(at(avoidance, 11), []);
  });

  test('are not those without media if the server avoids them', () => {
    const avoidance = new Avoidance();
    avoidance.setMissing([0]);
    avoidance.leave(10, 2);
    assert.deepEqual(at(avoidance, 11, true), [2]);
  });

  test('a shorter time does not end a longer one; an unknown rendition is none', () => {
    const avoidance = new Avoidance();
    avoidance.leave(10, 1);
    avoidance.leave(11, 1, 3);
    avoidance.leave(11, -1);
    assert.deepEqual(at(avoidance, 20), [1]);
  });
});

suite('the newest media', () => {
  const playlist = (...lines) => parsePlaylist(['#EXTM3U', '#EXT-X-TARGETDURATION:1',
    '#EXT-X-MEDIA-SEQUENCE:7', '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:40.000Z', ...lines]
    .join('\n'), 'http://h/live/720p/playlist.m3u8');
  const segment = ['#EXTINF:1,', 'segment7.m4s'];

  test('of a playlist is the last one that is no gap', () => {
    const part = (more) => `#EXT-X-PART:DURATION=0.25,URI="p.m4s"${more}`;
    const list = playlist(...segment, part(''), part(',GAP=YES'));
    assert.equal(newestListed(list).at, 101250);
    const gap = ['#EXT-X-GAP', '#EXTINF:1,', 's.m4s'];
    assert.equal(newestListed(playlist(...segment, ...gap)).at, 101000);
    assert.equal(newestListed(playlist('#EXT-X-GAP', ...segment)), null);
  });

  test('of /timestamps.json is the part that was published last', () => {
    assert.equal(newestPublished({ parts: { a: 3e6, b: 5e6, c: 4e6 } }).at, 5);
    assert.equal(newestPublished({ parts: {} }), null);
    assert.equal(newestPublished(null), null);
  });

  const of = (at, isPublishTime = false, count = 1) => ({ at, isPublishTime, count });
  for (const [name, found, before, isNewer] of [
    ['was published after the stop', [of(1101, true)], [], true],
    ['was published before the stop', [of(999, true)], [], false],
    ['ends after the shown frame', [of(800)], [], true],
    ['ends shortly after the shown frame', [of(550)], [], false],
    ['has not grown since the first answer', [of(1200, true, 7)], [of(1200, true, 7)], false],
    ['has grown since the first answer', [of(1200, true, 8)], [of(900, true, 7)], true],
    ['of another rendition has grown', [of(1, true, 7), of(1, true, 8)],
      [of(1, true, 7), of(1, true, 7)], true],
    ['is that of the first answer', [of(1200, true)], [null], true],
    ['is that of another rendition', [null, of(500), of(1500)], [], true],
    ['of an unknown time is counted', [of(null, false, 2)], [of(null, false, 1)], true],
    ['of an unknown time has not changed', [of(null, false, 1)], [of(null, false, 1)], false],
    ['of an unknown time at the first answer', [of(null, false, 1)], [], false],
    ['is unknown', [null], [], false],
  ]) test(name, () => assert.equal(hasNewerMedia(found, before, 1000, 500), isNewer));

  test('of a late rendition is older by half a second', () => {
    assert.ok(isLate([of(1000), of(1600)], 0));
    assert.ok(!isLate([of(1000), of(1600)], 1));
    assert.ok(!isLate([of(1200), of(1600)], 0));
    assert.ok(!isLate([null, of(1600)], 0));
    assert.ok(!isLate([of(1000)], -1));
  });
});
