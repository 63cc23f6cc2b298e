import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { burnedTime, crc12 } from '../page/burned-clock.js';
import { bestOffset } from '../page/clock.js';
import { CDN, hlsPlaces } from '../page/players/script.js';
import { timestampFacts } from '../page/timestamps.js';
import { typescript } from './load.mjs';

const own = { bestOffset, burnedTime, crc12, timestampFacts, hlsPlaces, CDN };
const clock = await typescript('src/clock.ts');
const { TimestampWatch, timestampsOf, newestPart } = await typescript('src/timestamps.ts');
const { Jitter, Samples } = await typescript('src/statistics.ts');
const { parseArguments, UsageError } = await typescript('src/arguments.ts');

for (const [where, bestOffset] of [['page', own.bestOffset], ['client.ts', clock.bestOffset]]) {
  suite(`server clock, ${where}`, () => {
    test('the shortest round trip counts; the answer stands for its middle', () => {
      const answers = [
        { sent: 1000, received: 1100, server: 5000 }, { sent: 2000, received: 2010, server: 6005 }, { sent: 3000, received: 3050, server: 0 },
      ];
      assert.deepEqual((bestOffset(answers)), { offset: 4000, roundTrip: 10 });
    });
    test('no answer, no offset', () => assert.equal(bestOffset([]), null));
  });
}

suite('burned clock', () => {
  // Time, CRC-12 and the 64 cells, from the definition of the strip.
  const known = [
    [0, 0xfac, '1010000000000000000000000000000000000000000000000000111110101100'],
    [1, 0x7a3, '1010000000000000000000000000000000000000000000000001011110100011'],
    [1700000000000, 0x658, '1010000000011000101111001111111001010110100000000000011001011000'],
    [281474976710655, 0xff6, '1010111111111111111111111111111111111111111111111111111111110110'],
  ];
  const luma = (/** @type {string} */ cells, white = 235, black = 16) => [...cells].map((cell) => (cell === '1' ? white : black));
  for (const [ms, crc, cells] of known) {
    test(`${ms}`, () => {
      assert.equal(own.crc12([...cells.slice(4, 52)].map(Number)), crc);
      assert.equal(own.burnedTime(luma(cells)), ms);
      assert.equal(own.burnedTime(luma(cells, 140, 90)), ms, 'pale');
    });
  }
  test('a wrong bit, too little contrast and an inverted strip are not read', () => {
    const cells = known[2][2];
    for (let i = 0; i < 64; i += 1) {
      const wrong = cells.slice(0, i) + (cells[i] === '1' ? '0' : '1') + cells.slice(i + 1);
      assert.equal(own.burnedTime(luma(wrong)), null, `bit ${i}`);
    }
    assert.equal(own.burnedTime(luma(cells, 100, 61)), null);
    assert.equal(own.burnedTime(luma(cells, 16, 235)), null);
  });
});

suite('/timestamps.json', () => {
  const answer = {
    timestamp: 1000e9, segments: {},
    parts: { 'segment00009.9.m4s': 999.7e9, 'segment00010.2.m4s': 999.9e9, 'segment00010.10.m4s': 999.95e9 },
    captures: { 'segment00010.10.m4s': 999.84e9, 'segment00009.9.m4s': 1 },
    clock: { synchronized: true, offsetEstimateNs: 120000 },
  };
  test('the newest part is found by number, not by spelling', () => {
    assert.equal(newestPart(Object.keys(answer.parts)), 'segment00010.10.m4s');
    const { edgeAge, available, synchronized, estimate } = own.timestampFacts(answer);
    assert.deepEqual([edgeAge, available, synchronized, estimate].map((v) => (typeof v === 'number' ? +v.toFixed(3) : v)), [160, 110, true, 0.12]);
  });
  test('whatever else comes is survived', () => {
    for (const odd of [null, {}, { parts: {} }, { parts: { x: 1 } }, [], 'x']) {
      assert.equal(own.timestampFacts(odd).available, null);
      assert.equal(new TimestampWatch().take(timestampsOf(odd)).available, null);
    }
  });
  test('a server that forgot its newest part was restarted', () => {
    const watch = new TimestampWatch();
    assert.equal(watch.take(timestampsOf(answer)).restarted, false);
    assert.equal(watch.take(timestampsOf({ ...answer, parts: { ...answer.parts, 'segment00011.0.m4s': 1e12 } })).restarted, false);
    assert.equal(watch.take(timestampsOf({ parts: { 'segment00014.0.m4s': 1e12 } })).restarted, true);
    assert.equal(watch.take(timestampsOf({ parts: {} })).restarted, true);
    assert.equal(watch.take(timestampsOf({ parts: {} })).restarted, false);
  });
});

suite('where hls.js may come from', () => {
  const urls = (/** @type {string | null} */ asked, /** @type {string} */ from) => (own.hlsPlaces(asked, from).places.map((/** @type {any} */ place) => place.url));
  const cdn = own.CDN.url;
  for (const [asked, from, places, refused] of [
    [null, 'http://h:8080/', ['http://h:8080/player/hls.js', cdn], false],
    [null, 'file:///home/a/browser.html', [cdn], false],
    ['/x/hls.js', 'http://h:8080/live/', ['http://h:8080/x/hls.js'], false],
    [cdn, 'http://h:8080/', [cdn], false],
    ['hls.js', 'file:///home/a/browser.html', ['file:///home/a/hls.js'], false],
    ['http://evil.example/hls.js', 'http://h:8080/', ['http://h:8080/player/hls.js', cdn], true],
    ['http://h:8081/hls.js', 'http://h:8080/', ['http://h:8080/player/hls.js', cdn], true],
    ['https://cdn.jsdelivr.net/npm/evil/x.js', 'http://h:8080/', ['http://h:8080/player/hls.js', cdn], true],
    ['//evil.example/hls.js', 'file:///home/a/browser.html', [cdn], true],
    ['data:text/javascript,1', 'http://h:8080/', ['http://h:8080/player/hls.js', cdn], true],
  ]) {
    test(`${asked} from ${from}`, () => {
      assert.deepEqual(urls(asked, from), places);
      assert.equal(own.hlsPlaces(asked, from).refused !== null, refused);
    });
  }
  test('the CDN is believed by its sum only', () => assert.match(own.CDN.integrity, /^sha256-/));
});

suite('client.ts: figures and arguments', () => {
  test('spread of the latest samples', () => {
    const samples = new Samples(4);
    assert.equal(samples.spread(), null);
    for (const value of [100, 1, 2, 3, 4]) samples.add(value);
    assert.deepEqual(samples.spread(), { count: 5, min: 1, median: 3, p95: 4, max: 4 });
  });
  test('jitter: arrivals against media time', () => {
    const jitter = new Jitter();
    assert.equal(jitter.add(0, 0), null);
    assert.equal(jitter.add(104, 100), 4);
    assert.equal(jitter.add(200, 200), 4);
    assert.equal(jitter.take(), 4);
    assert.equal(jitter.take(), null);
    jitter.interrupt();
    assert.equal(jitter.add(9000, 300), null);
  });
  test('flags', () => {
    assert.deepEqual(parseArguments(['http://h:1/x.m3u8', '--seconds', '2.5', '--json']), { url: 'http://h:1/x.m3u8', seconds: 2.5, json: true });
    assert.deepEqual(parseArguments(['--seconds=3', 'http://h/']), { url: 'http://h/live.m3u8', seconds: 3, json: false });
    assert.equal(parseArguments(['--help']), null);
  });
  for (const words of [[], ['x'], ['ftp://h/'], ['http://h/', 'http://i/'], ['http://h/', '--seconds'], ['http://h/', '--seconds', '-1'],
    ['http://h/', '--seconds', '0'], ['http://h/', '--second', '1'], ['http://h/', '--json=1']]) {
    test(`refused in one line: ${words.join(' ')}`, () => {
      assert.throws(() => parseArguments(words), (error) => error instanceof UsageError && !error.message.includes('\n'));
    });
  }
});
