// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Captions } from '../engine/captions/captions.js';
import { ChunkCaptions } from '../engine/captions/chunk-captions.js';
import { ClosedCaptions } from '../engine/captions/closed-captions.js';
import { LaterCode } from '../engine/playback/later-code.js';
import { DashCaptions, withoutClosedCaptions } from '../engine/players/dash-captions.js';
import * as players from '../engine/players/later-players.js';
import { HlsCaptions, observed } from '../engine/players/hls-captions.js';
import { block, define, letters, packet } from './dtvcc.mjs';

function odd(byte) {
  const ones = byte.toString(2).replaceAll('0', '').length;
  return ones % 2 === 0 ? byte | 0x80 : byte;
}

const pair = (first, second, field = 1) => (
  { type: field - 1, first: odd(first), second: odd(second) });
/** Paints one letter, in a channel of a field: the caption is shown with this frame. */
const painted = (letter, field = 1) => [
  pair(0x14, 0x29, field), pair(0x14, 0x2C, field), pair(0x14, 0x60, field),
  pair(letter.charCodeAt(0), 0, field)];
/** The code with the decoder, which is there. */
const decoder = () => new LaterCode(async () => players, players);
const erased = (field = 1) => [pair(0x14, 0x2C, field)];

suite('closed captions', () => {
  test('the decoder is requested with the first frame, and decodes earlier ones', async () => {
    let requests = 0;
    const video = new ClosedCaptions(new LaterCode(async () => {
      requests += 1;
      return players;
    }));
    video.advance(50);
    assert.equal(requests, 0);
    video.add(100, painted('A'));
    assert.equal(video.textAt('CC1', 150), '');
    assert.equal(video.textAt('CC1', 160), '');
    await pause(0);
    assert.equal(requests, 1);
    assert.equal(video.textAt('CC1', 170), 'A');
    assert.deepEqual(video.channels, ['CC1']);
  });

  test('frames are decoded in the order of their times, when they are shown', () => {
    const video = new ClosedCaptions(decoder());
    video.add(3000, painted('c'));
    video.add(1000, painted('a'));
    video.add(2000, painted('b'));
    assert.deepEqual(video.channels, []);
    assert.equal(video.nextChange, 1000);
    const texts = [999, 1000, 1999, 2000, 3000].map((time) => video.textAt('CC1', time));
    assert.deepEqual(texts, ['', 'a', 'a', 'b', 'c']);
    assert.deepEqual(video.channels, ['CC1']);
    assert.equal(video.nextChange, Infinity);
  });

  test('a frame that arrives again is one frame', () => {
    const video = new ClosedCaptions(decoder()), roll = [pair(0x14, 0x25), pair(0x14, 0x2D)];
    video.add(1000, [...roll, pair(0x61, 0x61)]);
    video.add(1033.3, [pair(0x14, 0x2D), pair(0x62, 0x62)]);
    video.add(1033.4, [pair(0x14, 0x2D), pair(0x62, 0x62)]);
    video.add(999.9, [...roll, pair(0x61, 0x61)]);
    assert.equal(video.textAt('CC1', 2000), 'aa\nbb');
  });

  test('an earlier instant is shown again; a text without successors ends after 16 s', () => {
    const video = new ClosedCaptions(decoder());
    for (let i = 0; i < 5; i += 1) video.add(10000 * i, painted('abcde'[i]));
    assert.equal(video.textAt('CC1', 40000), 'e');
    assert.equal(video.textAt('CC1', 12000), 'b');
    assert.equal(video.textAt('CC1', 55999), 'e');
    assert.equal(video.textAt('CC1', 56001), '');
    video.clear();
    assert.equal(video.textAt('CC1', 40000), '');
    assert.deepEqual(video.channels, ['CC1']);
  });

  test('the kept frames are limited, and frames without captions are not kept', () => {
    const video = new ClosedCaptions(decoder());
    for (let i = 0; i < 30000; i += 1) {
      video.add(33 * i, painted('x'));
      video.add(33 * i + 10, []);
      if (i % 50 === 0) video.advance(33 * i);
    }
    video.add(NaN, painted('x'));
    assert.equal(video.frames.length, 9000);
    video.add(33 * 30000, painted('y'));
    assert.equal(video.textAt('CC1', 33 * 30000), 'y');
  });
});

/** The statement of a playlist about a channel. */
const stated = (id, NAME, DEFAULT = 'NO') => ({ 'INSTREAM-ID': id, NAME, DEFAULT });

suite('the choice of closed captions', () => {
  const languages = [{ language: 'de', name: 'Deutsch', isDefault: true, cues: 'de/cues.json' }];
  function showing(t) {
    const texts = [], captions = new Captions((text) => texts.push(text), decoder());
    const previous = globalThis.fetch;
    globalThis.fetch = () => new Promise(() => {});
    t.after(() => {
      captions.close();
      globalThis.fetch = previous;
    });
    return { captions, texts };
  }

  test('channels appear when they are seen, and are shown when they are chosen', (t) => {
    const { captions, texts } = showing(t);
    captions.video.add(1000, [...painted('a'), ...painted('b', 2)]);
    captions.update(900, 0, 50);
    assert.equal(captions.choice, null);
    captions.update(1000, 0, 50);
    assert.deepEqual(captions.choice, { names: ['CC1', 'CC3'], current: -1 });
    assert.deepEqual(texts, []);
    captions.choose(1);
    captions.update(1001, 0, 50);
    assert.deepEqual([texts, captions.choice.current], [['b'], 1]);
    captions.choose(-1);
    captions.update(1002, 0, 50);
    assert.deepEqual(texts, ['b', '']);
  });

  test('names and the default channel are those of the playlist; a language goes before', (t) => {
    const { captions, texts } = showing(t);
    captions.setDeclared([stated('CC1', 'English', 'YES')]);
    captions.video.add(1000, [...painted('a'), ...painted('b', 2)]);
    captions.update(1000, 0, 50);
    captions.update(1001, 0, 50);
    assert.deepEqual(captions.choice, { names: ['English', 'CC3'], current: 0 });
    assert.deepEqual(texts, ['a']);
    captions.setLanguages(languages, 'http://h/live/timestamps.json');
    assert.deepEqual(captions.choice, { names: ['Deutsch', 'English', 'CC3'], current: 0 });
    captions.update(1002, 0, 50);
    assert.deepEqual(texts, ['a', '']);
    captions.choose(2);
    captions.update(1003, 0, 50);
    assert.equal(captions.followed, '');
    assert.deepEqual(texts, ['a', '', 'b']);
  });

  test('a text in both standards is offered twice; the first default one is shown', (t) => {
    const { captions, texts } = showing(t);
    captions.setDeclared([stated('CC1', 'English (CC1)'),
      stated('SERVICE1', 'English (SERVICE1)')]);
    const both = packet(0, block(1, ...define(0), ...letters('b')));
    captions.video.add(1000, [...painted('a'), ...both]);
    captions.update(1000, 0, 50);
    assert.deepEqual(captions.choice,
      { names: ['English (CC1)', 'English (SERVICE1)'], current: -1 });
    captions.choose(1);
    captions.update(1001, 0, 50);
    captions.choose(0);
    captions.update(1002, 0, 50);
    assert.deepEqual(texts, ['b', 'a']);
    const other = showing(t);
    other.captions.setDeclared([stated('SERVICE1', 'English', 'YES')]);
    other.captions.video.add(1000, [...painted('a'), ...both]);
    other.captions.update(1000, 0, 50);
    other.captions.update(1001, 0, 50);
    assert.deepEqual([other.captions.choice.current, other.texts], [1, ['b']]);
  });

  test('a text changes at the time of its frame, between two updates', async (t) => {
    const { captions, texts } = showing(t);
    captions.setDeclared([stated('CC1', 'CC1', 'YES')]);
    captions.video.add(1000, painted('a'));
    captions.video.add(1020, painted('b'));
    captions.video.add(1030, erased());
    captions.update(1000, 1, 50);
    captions.update(1001, 1, 50);
    assert.deepEqual(texts, ['a']);
    for (let i = 0; texts.length < 3 && i < 400; i += 1) await pause(5);
    assert.deepEqual(texts, ['a', 'b', '']);
  });

  test('another player supplies the frames again', (t) => {
    const { captions, texts } = showing(t);
    captions.setDeclared([stated('CC1', 'CC1', 'YES')]);
    captions.video.add(1000, painted('a'));
    captions.update(1000, 0, 50);
    captions.forgetVideo();
    captions.update(1010, 0, 50);
    captions.video.add(1000, painted('a'));
    captions.update(1020, 0, 50);
    assert.deepEqual(texts, ['a', '', 'a']);
  });
});

const uint = (...values) => values.flatMap((value) => [24, 16, 8, 0].map((shift) => (
  value >>> shift & 0xFF)));
const chars = (text) => [...text].map((letter) => letter.charCodeAt(0));
const box = (type, ...contents) => {
  const inner = contents.flat();
  return [...uint(8 + inner.length), ...chars(type), ...inner];
};
const zeros = (count) => Array(count).fill(0);

/** A CMAF header of H.264 or HEVC with 1000 ticks per second. */
function header(codec) {
  const config = codec === 'avc' ? box('avcC', [1, 66, 0, 30, 0xFF])
    : box('hvcC', [...zeros(21), 3]);
  const entry = box(codec === 'avc' ? 'avc1' : 'hvc1', zeros(78), config);
  const stsd = box('stsd', uint(0, 1), entry), mdhd = box('mdhd', uint(0, 0, 0, 1000, 0, 0));
  return Uint8Array.from(box('moov', box('trak', box('mdia', mdhd, box('minf', box('stbl', stsd)))),
    box('mvex', box('trex', uint(0, 1, 1, 40, 0, 0)))));
}

/** A chunk of one sample, whose SEI has a pair. */
function chunk(codec, time, composition, first, second) {
  const unit = (bytes) => [...uint(bytes.length), ...bytes];
  const payload = [0xB5, 0, 0x31, ...chars('GA94'), 3, 0xC1, 0xFF, 0xFC, first, second, 0xFF];
  const start = codec === 'avc' ? [6] : [39 << 1, 1];
  const slice = codec === 'avc' ? [0x65, 1] : [19 << 1, 1, 1];
  const data = [...unit([...start, 4, payload.length, ...payload, 0x80]), ...unit(slice)];
  // With sizes and composition offsets, without a data offset.
  const trun = box('trun', uint(0xA00, 1, data.length, composition));
  const moof = box('moof', box('traf', box('tfhd', uint(0, 1)), box('tfdt', uint(0, time)), trun));
  return Uint8Array.from([...box('styp', zeros(8)), ...moof, ...box('mdat', data)]);
}

/** An event. */
const message = (time, id) => box('emsg', uint(0x1000000, 1000, 0, time, 0, id),
  chars('urn:streamer:event\0\x31\0[1]'));

suite('captions in CMAF', () => {
  test('are those of each sample, with its presentation time', () => {
    for (const codec of ['avc', 'hevc']) {
      const found = [], captions = new ChunkCaptions((...one) => found.push(one));
      captions.take(chunk(codec, 5000, 0, 1, 2));
      captions.setHeader(header(codec));
      captions.take(chunk(codec, 5000, 80, 0x94, 0x20));
      const two = [...chunk(codec, 6000, 0, 3, 4), ...chunk(codec, 6040, 0, 5, 6)];
      captions.take(Uint8Array.from(two));
      assert.deepEqual(found, [
        [5.08, [{ type: 0, first: 0x94, second: 0x20 }]],
        [6, [{ type: 0, first: 3, second: 4 }]], [6.04, [{ type: 0, first: 5, second: 6 }]]]);
    }
  });

  test('truncated and changed bytes give no error', () => {
    const captions = new ChunkCaptions(() => {}), whole = chunk('avc', 5000, 0, 1, 2);
    for (let size = 0; size <= whole.length; size += 1) {
      captions.setHeader(header('avc').slice(0, size));
      captions.setHeader(header('avc'));
      captions.take(whole.slice(0, size));
      const changed = whole.slice();
      changed[size % whole.length] ^= 0xFF;
      captions.take(changed);
    }
  });

  test('of hls.js are read before hls.js has the bytes, with the date of segment and part', () => {
    const found = [], order = [], events = [];
    const captions = new HlsCaptions(
      (time, pairs) => found.push([time, pairs.length]), (event) => events.push(event));
    class Base {
      load(context, policy, { onSuccess }) { onSuccess({ data: policy }, {}, context); }
    }
    const Loader = observed(Base, (...loaded) => {
      order.push('captions');
      captions.take(...loaded);
    });
    const data = Uint8Array.of(...message(6000, 7), ...chunk('avc', 5000, 0, 3, 4)).buffer;
    const frag = { type: 'main', programDateTime: 1e12, initSegment: { data: header('avc') } };
    const load = (context) => new Loader().load(context, data, {
      onSuccess: (response, _, given) => order.push(response.data === data && given === context),
    });
    load({ frag });
    load({ frag, part: { fragOffset: 0.6 } });
    for (const other of [{ type: 'audio' }, { programDateTime: null }, { initSegment: null }]) {
      load({ frag: { ...frag, ...other } });
    }
    load({});
    assert.deepEqual(found, [[1e12, 1], [1e12 + 600, 1]]);
    assert.deepEqual(events.map(({ id }) => id), [7, 7]);
    // The chunk begins at 5 s, and the event is at 6 s.
    assert.deepEqual(events.map(({ time }) => time), [0, 600].map((later) => later + 1e12 + 1000));
    assert.deepEqual(order.slice(0, 2), ['captions', true]);
    assert.equal(order.filter((one) => one === true).length, 6);
  });

  test('of dash.js are read chunk by chunk, with the times of the Period', () => {
    const found = [], captions = new DashCaptions((...one) => found.push(one));
    const period = { id: 'p0', mpd: { availabilityStartTime: new Date(1e12) } };
    const representation = (id, mseTimeOffset = -2) => (
      { id, mseTimeOffset, adaptation: { period } });
    const load = (type, bytes, of = representation('a'), mediaType = 'video') => captions.take({
      request: { type, mediaType, representation: of }, response: bytes.slice().buffer });
    const media = (time, ...others) => load('MediaSegment', chunk('avc', time, 0, 3, 4), ...others);
    const start = (...others) => load('InitializationSegment', header('avc'), ...others);
    media(5000);
    start(representation('a'), 'audio');
    media(5000);
    assert.deepEqual([found, captions.start], [[], null], 'without a header nothing is known');
    start();
    media(5000);
    media(5040, representation('b'));
    load('MediaSegment', new Uint8Array(0));
    captions.take({ request: null });
    captions.take({ request: { mediaType: 'video', type: 'MediaSegment' } });
    assert.deepEqual([found.map(([time]) => time), captions.start], [[1e12 + 3000], 1e12]);
    // Another Representation, and the first one again with the header that it had.
    start(representation('b'));
    media(6000, representation('b', -1));
    media(7000);
    assert.deepEqual(found.map(([time]) => time - 1e12), [3000, 5000, 5000]);
    for (let i = 0; i < 100; i += 1) start(representation(`r${i}`));
    assert.equal(captions.headers.size, 32);
  });

  test('are no longer stated in the MPD for dash.js', () => {
    const set = (inner) => `<AdaptationSet id="1">${inner}<Representation id="v"/></AdaptationSet>`;
    const role = '<Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="1"/>';
    const statements = [608, 708].map((standard) => (
      `<Accessibility schemeIdUri="urn:scte:dash:cc:cea-${standard}:2015" value="CC1=eng"/>`));
    assert.equal(withoutClosedCaptions(set(statements.join('') + role)), set(role));
  });
});
