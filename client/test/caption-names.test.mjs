// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { statedTracks } from '../engine/captions/channel-tracks.js';
import { parseManifest } from '../engine/transport/mpd.js';
import { parsePlaylist } from '../shared/playlist.js';

suite('names of closed captions', () => {
  test('of a Multivariant Playlist', () => {
    const text = ['#EXTM3U', '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="English CC",'
      + 'LANGUAGE="en",DEFAULT=YES,INSTREAM-ID="CC1"',
    '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC3",INSTREAM-ID="CC3"',
    '#EXT-X-STREAM-INF:BANDWIDTH=1,CLOSED-CAPTIONS="cc"', 'video.m3u8'].join('\n');
    assert.deepEqual(statedTracks(parsePlaylist(text, 'http://h/').closedCaptions), [
      { id: 'CC1', name: 'English CC', isDefault: true },
      { id: 'CC3', name: 'CC3', isDefault: false }]);
    assert.equal(parsePlaylist('#EXTM3U', 'http://h/').closedCaptions, undefined);
  });

  test('of an MPD', () => {
    const mpd = (value) => '<MPD type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z">'
      + '<Period start="PT0S"><AdaptationSet contentType="video">'
      + `<Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="${value}"/>`
      + '<SegmentTemplate timescale="1" duration="1" media="$Number$.m4s" initialization="i.mp4"/>'
      + '<Representation id="v" bandwidth="1"/></AdaptationSet></Period></MPD>';
    const names = (value) => (
      statedTracks(parseManifest(mpd(value), 'http://h/', 100).closedCaptions));
    assert.deepEqual(names('CC1=eng;CC3=deu'), [
      { id: 'CC1', name: 'English', isDefault: false },
      { id: 'CC3', name: 'Deutsch', isDefault: false }]);
    assert.deepEqual(names('CC1;CC9=eng;&lt;b>;CC2=zzz'), [
      { id: 'CC1', name: 'CC1', isDefault: false }, { id: 'CC2', name: 'CC2', isDefault: false }]);
    assert.deepEqual(names(''), []);
  });

  test('of services in an MPD; a language in both standards has two names', () => {
    const set = (value, standard) => '<Accessibility '
      + `schemeIdUri="urn:scte:dash:cc:cea-${standard}:2015" value="${value}"/>`;
    const names = (...found) => statedTracks(parseManifest(
      '<MPD type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z"><Period start="PT0S">'
      + `<AdaptationSet contentType="video">${found.join('')}<SegmentTemplate timescale="1" `
      + 'duration="1" media="$Number$.m4s" initialization="i.mp4"/><Representation id="v" '
      + 'bandwidth="1"/></AdaptationSet></Period></MPD>', 'http://h/', 100)
      .closedCaptions).map(({ id, name }) => [id, name]);
    assert.deepEqual(names(set('CC1=eng', 608), set('1=lang:eng;12=lang:und;3', 708)), [
      ['CC1', 'English'], ['SERVICE1', 'English (SERVICE1)'], ['SERVICE12', 'SERVICE12'],
      ['SERVICE3', 'SERVICE3']]);
    assert.deepEqual(names(set('2=lang:deu,war:1,er:1;0=lang:eng;100;;x', 708)),
      [['SERVICE2', 'Deutsch (SERVICE2)']]);
    assert.deepEqual(names(set('1=lang:eng', 709)), []);
  });
});
