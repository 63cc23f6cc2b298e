// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DashPlayer } from '../engine/players/dashjs.js';
import { HlsPlayer } from '../engine/players/hlsjs.js';
import { SocketRenditions } from '../engine/renditions/socket-renditions.js';
import { parsePlaylist } from '../shared/playlist.js';

test('the default audio is the first, wherever the playlist has it', () => {
  const media = (name, isDefault) => (
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="${name}",DEFAULT=${isDefault},`
    + `URI="${name}/playlist.m3u8"\n`);
  const list = parsePlaylist(
    `#EXTM3U\n${media('a', 'NO')}${media('b', 'YES')}${media('c', 'NO')}`
    + '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="audio"\nvideo/playlist.m3u8\n', 'http://h/live/x');
  assert.deepEqual(
    list.audioPlaylists.map((url) => new URL(url).pathname.split('/')[2]), ['b', 'a', 'c']);
});

test('hls.js plays the chosen track, also after it was loaded again', () => {
  const video = new EventTarget(), player = new HlsPlayer({ video }, []);
  assert.equal(player.audioTracks(), null);
  const hls = () => ({ audioTracks: [{ name: 'Deutsch' }, { name: 'English' }], audioTrack: 0 });
  player.hls = hls();
  assert.deepEqual(player.audioTracks(), { names: ['Deutsch', 'English'], current: 0 });
  player.chooseAudio(1);
  assert.equal(player.hls.audioTrack, 1);
  player.hls = hls();
  player.applyAudio();
  assert.equal(player.hls.audioTrack, 1);
  const next = new HlsPlayer({ video }, []);
  next.inherit(player);
  next.hls = hls();
  next.applyAudio();
  assert.equal(next.hls.audioTrack, 1);
});

test('dash.js has the labels of the tracks', () => {
  const codec = 'audio/mp4;codecs="mp4a.40.2"';
  const tracks = [
    { id: 2, lang: 'de', codec, labels: [{ text: 'Deutsch' }] }, { id: 3, lang: 'en', codec },
    { id: 4, lang: 'de', codec: 'audio/mp4;codecs="ec-3"' },
  ];
  let current = tracks[0];
  const player = new DashPlayer({ video: new EventTarget() }, 'dash.js');
  player.dash = {
    getTracksFor: () => tracks, getCurrentTrackFor: () => current,
    setCurrentTrack: (track) => { current = track; },
  };
  assert.deepEqual(player.audioTracks(), { names: ['Deutsch', 'en'], current: 0 });
  player.chooseAudio(1);
  assert.equal(player.audioTracks().current, 1);
});

test('over a WebSocket the channels name the tracks; a single one is no choice', () => {
  const ladder = new SocketRenditions();
  const video = { id: 'video', h: 180, kbps: 300 };
  ladder.learn([{ renditions: [video, { id: 'audio', channels: 2 }] }]);
  assert.equal(ladder.audioChoice, null);
  ladder.learn([{ renditions: [
    video, { id: 'audio', name: 'Deutsch' }, { id: 'audio-en', name: 'English' }] }]);
  ladder.heard = 'audio-en';
  assert.deepEqual(ladder.audioChoice, { names: ['Deutsch', 'English'], current: 1 });
  assert.equal(ladder.chooseAudio(0), 'audio');
  assert.equal(ladder.chooseAudio(7), null);
});
