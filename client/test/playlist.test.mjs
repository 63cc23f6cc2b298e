import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parsePlaylist, segmentNames } from '../page/playlist.js';
import { typescript } from './load.mjs';

const probe = await typescript('src/playlist.ts');
const { reloadURL } = await typescript('src/follow.ts');

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
const base = 'http://h:8080/live/video/playlist.m3u8?x=1';
const start = Date.parse('2026-11-20T08:23:20Z') / 1000;

suite('playlists in the page', () => {
  test('segments, the open one, init and dates', () => {
    const list = (parsePlaylist(media, base));
    assert.deepEqual(list.segments, [
      { uri: 'http://h:8080/live/video/segment1795163000.m4s', duration: 1, number: 1795163000, date: start },
      { uri: 'http://h:8080/live/video/segment1795163001.m4s', duration: 1, number: 1795163001, date: start + 1 },
    ]);
    assert.equal(list.openNumber, 1795163002);
    assert.equal(list.openDate, start + 2);
    assert.equal(list.map, 'http://h:8080/live/video/init-5f,=3.mp4');
    assert.equal(list.ended, false);
  });

  test('a multivariant playlist gives its variants', () => {
    const list = parsePlaylist('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a,b"\r\n720p/playlist.m3u8\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/x.m3u8\n', 'http://h/live/playlist.m3u8');
    assert.deepEqual((list.variants), ['http://h/live/720p/playlist.m3u8', 'http://h/x.m3u8']);
    assert.equal(list.segments.length, 0);
    assert.deepEqual((list.sounds), []);
  });

  test('and its sound', () => {
    const list = parsePlaylist('#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",URI="audio/playlist.m3u8"\n'
      + '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",URI="s.m3u8"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="audio"\nvideo/playlist.m3u8\n',
    'http://h/live/playlist.m3u8');
    assert.deepEqual((list.variants), ['http://h/live/video/playlist.m3u8']);
    assert.deepEqual((list.sounds), ['http://h/live/audio/playlist.m3u8']);
  });

  test('dates do not reach over a discontinuity', () => {
    const list = parsePlaylist(media.replace('#EXT-X-PROGRAM-DATE-TIME:2026-11-20T08:23:21.000Z', '#EXT-X-DISCONTINUITY'), base);
    assert.equal(list.segments[1].date, null);
  });

  test('what is no playlist is refused', () => {
    assert.throws(() => parsePlaylist('<!doctype html>', base), /not an HLS playlist/);
  });

  test('the next name: as wide as those listed', () => {
    const names = segmentNames(parsePlaylist(media, base));
    assert.equal(names.urlOf(1795163002), 'http://h:8080/live/video/segment1795163002.m4s');
    assert.equal(names.folder, 'http://h:8080/live/video/');
    const run = '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:99998\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:1,\nsegment99998.m4s\n#EXTINF:1,\nsegment99999.m4s\n';
    assert.equal(segmentNames(parsePlaylist(run, base)).urlOf(100000), 'http://h:8080/live/video/segment100000.m4s');
    const early = '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:9\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:1,\nsegment00009.m4s\n';
    assert.equal(segmentNames(parsePlaylist(early, base)).urlOf(10), 'http://h:8080/live/video/segment00010.m4s');
  });

  for (const [what, text] of [
    ['names without the number', media.replaceAll('segment1795', 'chunk-1795')],
    ['numbers that are not the Media Sequence Number', media.replace('MEDIA-SEQUENCE:1795163000', 'MEDIA-SEQUENCE:12')],
    ['no init segment', media.replace(/#EXT-X-MAP.*\n/, '')],
    ['no segment', '#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\n'],
  ]) test(`foreign: ${what}`, () => assert.equal(segmentNames(parsePlaylist(text, base)), null));
});

suite('playlists in client.ts', () => {
  test('parts end where PROGRAM-DATE-TIME and their durations say', () => {
    const list = probe.parsePlaylist(media, base);
    const ends = list.parts.map(({ number, index, end }) => [number - 1795163000, index, Math.round((end - start) * 1000)]);
    assert.deepEqual(ends, [[1, 0, 1500], [1, 1, 2000], [2, 0, 2100]]);
    assert.deepEqual([list.openNumber, list.openParts, list.canBlockReload, list.hasParts], [1795163002, 1, true, true]);
  });

  test('without parts each segment counts as one', () => {
    const list = probe.parsePlaylist(media.replace(/#EXT-X-PART[:-].*\n/g, ''), base);
    assert.deepEqual(list.parts.map(({ end }) => end - start), [1, 2]);
    assert.equal(list.hasParts, false);
  });

  for (const [what, text, directives] of [
    ['the next part of the open segment', media, '_HLS_msn=1795163002&_HLS_part=1'],
    ['the first part of the next segment', media.replace(/#EXT-X-PART:.*3002.*\n/, ''), '_HLS_msn=1795163002&_HLS_part=0'],
    ['the next segment where there are no parts', media.replace(/#EXT-X-PART[:-].*\n/g, ''), '_HLS_msn=1795163002'],
    ['nothing of a server that cannot block', media.replace('CAN-BLOCK-RELOAD=YES,', ''), ''],
  ]) {
    test(`a reload asks for ${what}`, () => {
      const expected = directives === '' ? base : `${base}&${directives}`;
      assert.equal(reloadURL(base, probe.parsePlaylist(text, base)), expected);
    });
  }

  test('services are found beside our segments only, under a path prefix too', () => {
    assert.deepEqual(probe.servicesOf('http://h/t/abc/live/video/segment12.m4s'), {
      timestamps: 'http://h/t/abc/live/timestamps.json', times: ['http://h/t/abc/time?ms', 'http://h/time?ms'],
    });
    assert.equal(probe.servicesOf('http://h/a/b/file12.ts'), null);
    assert.equal(probe.servicesOf(null), null);
  });
});
