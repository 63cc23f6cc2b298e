// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { DashPlayer } from '../engine/players/dashjs.js';
import { HlsPlayer } from '../engine/players/hlsjs.js';
import { AudioTracks } from '../engine/renditions/audio-tracks.js';
import { SocketRenditions } from '../engine/renditions/socket-renditions.js';
import { parseManifest } from '../engine/transport/mpd.js';
import { parsePlaylist } from '../shared/playlist.js';

const uint32 = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const zeros = (count) => new Array(count).fill(0);
const box = (name, ...content) => {
  const bytes = content.flat();
  return [...uint32(bytes.length + 8), ...Buffer.from(name), ...bytes];
};

/** A CMAF header of AAC-LC at 44.1 kHz, as far as it is read. */
const aacHeader = box('moov', box('trak', box('mdia', box('mdhd', zeros(12), uint32(44100)),
  box('minf', box('stbl', box('stsd', zeros(8), box('mp4a', zeros(28), box('esds', zeros(4),
    [3, 22, 0, 0, 0, 4, 17, 0x40], zeros(12), [5, 2, 0x12, 0x10]))))))));

test('the default audio is the first, wherever the playlist has it', () => {
  const media = (name, isDefault) => (
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="${name}",DEFAULT=${isDefault},`
    + `URI="${name}/playlist.m3u8"\n`);
  const list = parsePlaylist(
    `#EXTM3U\n${media('a', 'NO')}${media('b', 'YES')}${media('c', 'NO')}`
    + '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="audio"\nvideo/playlist.m3u8\n', 'http://h/live/x');
  assert.deepEqual(
    list.audioTracks.map(({ uri }) => new URL(uri).pathname.split('/')[2]), ['b', 'a', 'c']);
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

suite('the audio tracks of the frame player', () => {
  const { fetch } = globalThis;

  after(() => Object.assign(globalThis, { fetch }));

  const listOf = (index) => ({
    audio: {
      map: `http://h/a${index}/init.mp4`,
      segments: [{ uri: `http://h/a${index}/segment4.m4s`, number: 4, duration: 1, date: null }],
    },
  });
  const tracks = ['Deutsch', 'English', 'Polski'].map((name) => ({ uri: '', name }));

  /** Three tracks; `loads` are the indices whose playlists were requested. */
  function threeTracks(load = async (index) => listOf(index)) {
    const loads = [];
    const audio = new AudioTracks((index) => {
      loads.push(index);
      return load(index);
    }, new AbortController().signal);
    assert.equal(audio.choice, null);
    assert.equal(audio.learn(tracks), 0);
    audio.begin(0);
    return { audio, loads };
  }

  test('a chosen track is prepared once, and heard with its first chunk', async () => {
    globalThis.fetch = async () => new Response(new Uint8Array(aacHeader));
    const { audio, loads } = threeTracks();
    await audio.choose(2);
    await audio.choose(2);
    assert.deepEqual(loads, [2]);
    assert.deepEqual(audio.choice, { names: ['Deutsch', 'English', 'Polski'], current: 0 });
    assert.ok(audio.isSwitching);
    const { names, map, timescale } = audio.prepared[2];
    assert.equal(names.urlOf(9), 'http://h/a2/segment9.m4s');
    assert.deepEqual([map, timescale], ['http://h/a2/init.mp4', 44100]);
  });

  test('a track that cannot be loaded leaves the old one, and the menu says so', async () => {
    const { audio } = threeTracks(async () => { throw new Error('no connection'); });
    await audio.choose(1);
    assert.ok(!audio.isSwitching && audio.prepared.length === 0);
    await audio.choose(7);
    assert.equal(audio.wanted, 0);
  });

  test('a choice stays over attempts, and ends with other tracks', async () => {
    globalThis.fetch = async () => new Response(new Uint8Array(aacHeader));
    const { audio, loads } = threeTracks();
    await audio.choose(1);
    assert.equal(audio.learn(tracks), 1);
    audio.begin(1);
    assert.ok(!audio.isSwitching && audio.prepared.length === 0);
    // The viewer chose while the playlist of an attempt with another track was under way.
    audio.begin(0);
    assert.ok(audio.isSwitching);
    assert.deepEqual(loads, [1, 1]);
    assert.equal(audio.learn(tracks.slice(1)), 0);
  });
});

test('the tracks of an MPD have names, the main one first', () => {
  const set = (id, content) => (
    `<AdaptationSet contentType="${id === 'v' ? 'video' : 'audio'}" ${content}
    <Representation id="${id}" bandwidth="1"/><SegmentTemplate media="${id}/$Number$.m4s"
    initialization="${id}.mp4" duration="1"/></AdaptationSet>`);
  const mpd = `<MPD type="dynamic"><Period>${set('v', '>')}${set('a', 'lang="pl">')}
    ${set('b', 'lang="de"><Role value="main"/>')}
    ${set('c', 'lang="en"><Label>Commentary</Label>')}</Period></MPD>`;
  const list = (index) => parseManifest(mpd, 'http://h/x.mpd', 1e9, undefined, () => index);
  const names = list(0).audioTracks.map(({ name }) => name);
  assert.deepEqual(names, ['Deutsch', 'polski', 'Commentary']);
  assert.deepEqual([0, 1, 2, 9].map((index) => list(index).audio.map), [
    'http://h/b.mp4', 'http://h/a.mp4', 'http://h/c.mp4', 'http://h/b.mp4']);
});
