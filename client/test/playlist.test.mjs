// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parsePlaylist } from '../shared/playlist.js';
import { servicesOf } from '../shared/services.js';
import { segmentNames } from '../engine/transport/segment-names.js';
import { typescript } from './load.mjs';

const { reloadURL } = await typescript('terminal/follow.ts');

const media = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.3,CAN-SKIP-UNTIL=6.0
#EXT-X-PART-INF:PART-TARGET=0.1
#EXT-X-MEDIA-SEQUENCE:1795163000
#EXT-X-MAP:URI="init-5f,=3.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T08:23:20.000Z
#EXTINF:1.000,
segment1795163000.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T08:23:21.000Z
#EXT-X-PART:DURATION=0.5,URI="segment1795163001.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="segment1795163001.1.m4s"
#EXTINF:1.000,
segment1795163001.m4s
#EXT-X-PART:DURATION=0.1,URI="segment1795163002.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="segment1795163002.1.m4s"
`;
const withoutParts = media.replace(/#EXT-X-PART[:-].*\n/g, '');
const folder = 'http://h:8080/live/video', base = `${folder}/playlist.m3u8?x=1`;
const start = Date.parse('2026-11-20T08:23:20Z') / 1000;

suite('Media Playlists', () => {
  test('segments, the open segment, the map and dates', () => {
    const list = parsePlaylist(media, base), [first, second] = [1795163000, 1795163001];
    assert.deepEqual(list.segments, [
      { uri: `${folder}/segment${first}.m4s`, duration: 1, number: first, date: start },
      { uri: `${folder}/segment${second}.m4s`, duration: 1, number: second, date: start + 1 },
    ]);
    assert.equal(list.openNumber, 1795163002);
    assert.equal(list.openDate, start + 2);
    assert.equal(list.map, `${folder}/init-5f,=3.mp4`);
    assert.equal(list.ended, false);
  });

  test('dates do not continue over a discontinuity', () => {
    const tag = '#EXT-X-PROGRAM-DATE-TIME:2026-11-20T08:23:21.000Z';
    const list = parsePlaylist(media.replace(tag, '#EXT-X-DISCONTINUITY'), base);
    assert.equal(list.segments[1].date, null);
  });

  test('text that is not a playlist is refused', () => {
    assert.throws(() => parsePlaylist('<!doctype html>', base), /not an HLS playlist/);
  });

  test('the end of a part follows from PROGRAM-DATE-TIME and durations', () => {
    const list = parsePlaylist(media, base);
    const ends = list.parts.map(({ number, index, end }) => (
      [number - 1795163000, index, Math.round((end - start) * 1000)]));
    assert.deepEqual(ends, [[1, 0, 1500], [1, 1, 2000], [2, 0, 2100]]);
    const { openNumber, openParts, canBlockReload, hasParts } = list;
    assert.deepEqual([openNumber, openParts], [1795163002, 1]);
    assert.deepEqual([canBlockReload, hasParts], [true, true]);
  });

  test('without parts each segment counts as one', () => {
    const list = parsePlaylist(withoutParts, base);
    assert.deepEqual(list.parts.map(({ end }) => end - start), [1, 2]);
    assert.equal(list.hasParts, false);
  });
});

suite('Multivariant Playlists', () => {
  test('Variant Streams', () => {
    const text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a,b"\r\n'
      + '720p/playlist.m3u8\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/x.m3u8\n';
    const list = parsePlaylist(text, 'http://h/live/playlist.m3u8');
    assert.deepEqual(list.variants, ['http://h/live/720p/playlist.m3u8', 'http://h/x.m3u8']);
    assert.equal(list.segments.length, 0);
    assert.deepEqual(list.audioTracks, []);
  });

  test('audio Renditions', () => {
    const list = parsePlaylist('#EXTM3U\n'
      + '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",URI="audio/playlist.m3u8"\n'
      + '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",URI="s.m3u8"\n'
      + '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="audio"\nvideo/playlist.m3u8\n',
    'http://h/live/playlist.m3u8');
    assert.deepEqual(list.variants, ['http://h/live/video/playlist.m3u8']);
    assert.deepEqual(list.audioTracks.map(({ uri }) => uri), ['http://h/live/audio/playlist.m3u8']);
  });
});

suite('names of segments', () => {
  test('the next name has the width of the listed names', () => {
    const names = segmentNames(parsePlaylist(media, base));
    assert.equal(names.urlOf(1795163002), `${folder}/segment1795163002.m4s`);
    assert.equal(names.folder, `${folder}/`);
    const head = '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n';
    const wide = `${head}#EXT-X-MEDIA-SEQUENCE:99998\n#EXTINF:1,\nsegment99998.m4s\n`
      + '#EXTINF:1,\nsegment99999.m4s\n';
    const { urlOf } = segmentNames(parsePlaylist(wide, base));
    assert.equal(urlOf(100000), `${folder}/segment100000.m4s`);
    const early = `${head}#EXT-X-MEDIA-SEQUENCE:9\n#EXTINF:1,\nsegment00009.m4s\n`;
    assert.equal(segmentNames(parsePlaylist(early, base)).urlOf(10), `${folder}/segment00010.m4s`);
  });

  for (const [reason, text] of [
    ['names without the number', media.replaceAll('segment1795', 'chunk-1795')],
    ['other numbers than the Media Sequence Number',
      media.replace('MEDIA-SEQUENCE:1795163000', 'MEDIA-SEQUENCE:12')],
    ['no map', media.replace(/#EXT-X-MAP.*\n/, '')],
    ['no segment', '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n'],
  ]) {
    test(`unknown: ${reason}`, () => assert.equal(segmentNames(parsePlaylist(text, base)), null));
  }
});

suite('addresses', () => {
  for (const [target, text, directives] of [
    ['the next part of the open segment', media, '_HLS_msn=1795163002&_HLS_part=1'],
    ['the first part of the next segment', media.replace(/#EXT-X-PART:.*3002.*\n/, ''),
      '_HLS_msn=1795163002&_HLS_part=0'],
    ['the next segment if there are no parts', withoutParts, '_HLS_msn=1795163002'],
    ['the playlist if the server cannot block', media.replace('CAN-BLOCK-RELOAD=YES,', ''), ''],
  ]) {
    test(`a reload requests ${target}`, () => {
      const expected = directives === '' ? base : `${base}&${directives}`;
      assert.equal(reloadURL(base, parsePlaylist(text, base)), expected);
    });
  }

  test('services are beside our segments only, also under a path prefix', () => {
    assert.deepEqual(servicesOf('http://h/t/abc/live/video/segment12.m4s'), {
      timestamps: 'http://h/t/abc/live/timestamps.json',
      times: ['http://h/t/abc/time?ms', 'http://h/time?ms'],
    });
    assert.equal(servicesOf('http://h/a/b/file12.ts'), null);
    assert.equal(servicesOf(undefined), null);
  });
});
