// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Captions } from '../engine/captions/captions.js';
import { CueList, cuesOf } from '../engine/captions/cue-list.js';
import * as code from '../engine/captions/later.js';
import { LaterCode } from '../engine/playback/later-code.js';
import { timestampsOf } from '../shared/timestamps.js';

const decoder = () => new LaterCode(async () => code, code);
const cue = (id, start, end, text = `${id}`) => ({ id, start, end, text });

suite('cues', () => {
  test('a text is shown from the start of its cue to its end, exclusive', () => {
    const list = new CueList();
    list.add([cue(2, 200, 300), cue(1, 100, 250)]);
    const texts = [99, 100, 199, 200, 249, 250, 299, 300].map((time) => list.textAt(time));
    assert.deepEqual(texts, ['', '1', '1', '1\n2', '1\n2', '2', '2', '']);
    assert.deepEqual([0, 100, 200, 250, 300].map((time) => list.changeAfter(time)),
      [100, 200, 250, 300, Infinity]);
    list.add([cue(1, 100, 250, 'again')]);
    assert.equal(list.textAt(100), '1');
    list.forget(250);
    assert.equal(list.textAt(240), '2');
  });

  test('malformed responses and cues are left out', () => {
    for (const wrong of [null, 1, [], {}, { revision: -1, cues: [] }, { revision: 1 }]) {
      assert.equal(cuesOf(wrong), null);
    }
    const cues = [null, 1, {}, { id: 1, start: 0, duration: 0, text: 'a' },
      { id: 1, start: 'x', duration: 1, text: 'a' }, { id: 1, start: 5, duration: 2, text: 1 },
      { id: 1, start: 5, duration: 2, text: '<b>' }].map((found) => found ?? undefined);
    assert.deepEqual(cuesOf({ revision: 7, cues }), { revision: 7, cues: [cue(1, 5, 7, '<b>')] });
  });

  test('of /timestamps.json are the languages, at most 16', () => {
    const entry = { language: 'de', name: 'Deutsch', default: true, cues: 'captions-de/cues.json' };
    const captions = [{}, null, { ...entry, name: 1 }, ...Array(20).fill(entry)]
      .map((found) => found ?? undefined);
    const found = timestampsOf({ captions }).captions;
    assert.equal(found.length, 13);
    assert.deepEqual(found[0],
      { language: 'de', name: 'Deutsch', isDefault: true, cues: 'captions-de/cues.json' });
    assert.deepEqual(timestampsOf({ captions: 'x' }).captions, []);
  });

  test('cues have places; those of one place are together, others apart', () => {
    const answer = cuesOf({ revision: 4, cues: [
      { id: 1, start: 0, duration: 300, text: 'a\nb', line: 10, align: 'start' },
      { id: 2, start: 100, duration: 300, text: 'c', line: 10, align: 'start' },
      { id: 3, start: 100, duration: 200, text: 'd', line: 10 },
      { id: 4, start: 200, duration: 600, text: 'e', line: 101, align: 'left' }] });
    const list = new CueList();
    list.add(answer.cues);
    const texts = (blocks) => blocks.map(({ place, align, lines }) => (
      [place.line, align, lines.map(([{ text }]) => text).join()]));
    assert.deepEqual(texts(list.blocksAt(0)), [[10, 'start', 'a,b']]);
    assert.deepEqual(texts(list.blocksAt(200)),
      [[10, 'start', 'a,b,c'], [10, 'center', 'd'], [null, 'center', 'e']]);
    assert.deepEqual(list.blocksAt(500), [], 'malformed places are none');
  });

  test('parts of cues have colours; those that are not their text are left out', () => {
    const part = (text, color) => ({ text, ...color && { color } });
    const runs = [[part('a ', 'yellow'), part('b')], [part('c', 'none')]];
    const wrong = [{}, [1], [[part('a b')]], [[null], ['c']], [[part('a b')], [part('<i>')]]];
    const cues = [runs, ...wrong].map((lines, index) => (
      { id: index + 1, start: 100 * index, duration: 100, text: 'a b\nc', runs: lines }));
    const list = new CueList();
    list.add(cuesOf({ revision: 4, cues }).cues);
    assert.deepEqual(list.blocksAt(0), [{ place: { line: null }, align: 'center', lines: [
      [{ text: 'a ', style: { color: '#ffff00ff' } }, { text: 'b', style: {} }],
      [{ text: 'c', style: {} }]] }]);
    assert.equal(list.textAt(0), 'a b\nc');
    wrong.forEach((_, index) => assert.deepEqual(list.blocksAt(100 * index + 100), []));
  });
});

suite('captions', () => {
  const languages = ['en', 'de'].map((language) => ({
    language, name: language, isDefault: language === 'en', cues: `captions-${language}/cues.json`,
  }));

  function playing(t, answers) {
    const previous = globalThis.fetch, asked = [], texts = [];
    globalThis.fetch = async (url, { signal }) => {
      asked.push(String(url));
      const answer = answers.shift();
      if (answer) return Response.json(answer);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    };
    const captions = new Captions((text) => texts.push(text), decoder());
    t.after(() => {
      captions.close();
      globalThis.fetch = previous;
    });
    return { captions, asked, texts };
  }

  test('nothing is requested without a language; the choice is kept over documents', async (t) => {
    const { captions, asked } = playing(t, []);
    assert.equal(captions.choice, null);
    captions.choose(-1);
    captions.setLanguages(languages, 'http://h/live/timestamps.json');
    assert.deepEqual(asked, []);
    assert.deepEqual(captions.choice, { names: ['en', 'de'], current: -1 });
    captions.choose(1);
    captions.setLanguages([...languages].reverse(), 'http://h/live/timestamps.json');
    assert.deepEqual(asked, ['http://h/live/captions-de/cues.json']);
    assert.equal(captions.choice.current, 0);
  });

  test('the default language is followed by revisions, and shown at its moments', async (t) => {
    const { captions, asked, texts } = playing(t, [
      { revision: 3, cues: [{ id: 3, start: 1000, duration: 20, text: 'a' }] },
      { revision: 5, cues: [{ id: 5, start: 1030, duration: 1000, text: 'b' }] },
    ]);
    captions.setLanguages(languages, 'http://h/t/x/live/timestamps.json');
    await pause(5);
    const base = 'http://h/t/x/live/captions-en';
    assert.deepEqual(asked, [`${base}/cues.json`, `${base}/cues-3.json`, `${base}/cues-5.json`]);
    captions.update(990, 1, 50);
    assert.deepEqual(texts, []);
    for (let i = 0; texts.length < 3 && i < 400; i += 1) await pause(5);
    assert.deepEqual(texts, ['a', '', 'b']);
    captions.update(1500, 0, 50);
    captions.choose(-1);
    assert.deepEqual(texts, ['a', '', 'b', '']);
    assert.equal(asked.length, 3);
  });

  test('a text does not flicker while the picture stands before its end', async (t) => {
    const { captions, texts } = playing(t, [
      { revision: 3, cues: [{ id: 3, start: 1000, duration: 500, text: 'a' }] }]);
    captions.setLanguages(languages, 'http://h/live/timestamps.json');
    await pause(5);
    for (let call = 0; call < 3; call += 1) {
      captions.update(1490, 1, 50);
      await pause(20);
    }
    assert.deepEqual(texts, ['a', '']);
    // A viewer who goes back sees it again.
    captions.update(1390, 1, 50);
    assert.deepEqual(texts, ['a', '', 'a']);
  });
});
