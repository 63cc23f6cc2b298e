// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { typescript } from './load.mjs';

const { parseArguments, UsageError } = await typescript('terminal/arguments.ts');
const { Report } = await typescript('terminal/report.ts');

const client = fileURLToPath(new URL('..', import.meta.url));
const words = ['tsx.mjs', 'client.ts'];

/** An origin without media: ten parts per second on the grid since 1970, and blocking reloads. */
class Origin {
  /** @param {number} [port] */
  async open(port = 0) {
    this.since = Date.now();
    this.server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://h');
      const text = this.content(url);
      if (text === null) response.statusCode = 404;
      setTimeout(() => response.end(text ?? ''), this.delay(url));
    });
    await new Promise((resolve) => { this.server.listen(port, '127.0.0.1', resolve); });
    return this.server.address().port;
  }

  /** When the requested part ends, Unix ms; null without directives. */
  due({ searchParams }) {
    const [msn, part] = ['_HLS_msn', '_HLS_part'].map((name) => Number(searchParams.get(name)));
    return msn ? msn * 1000 + (part + 1) * 100 : null;
  }

  delay(url) { return Math.max(0, (this.due(url) ?? 0) - Date.now()); }

  content(url) {
    switch (url.pathname) {
      case '/live/playlist.m3u8':
        return '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo/playlist.m3u8\n';
      case '/live/video/playlist.m3u8':
        return playlist(this.due(url) ?? Math.floor(Date.now() / 100) * 100);
      case '/time': return String(Date.now());
      case '/live/timestamps.json': return JSON.stringify(this.timestamps());
      default: return null;
    }
  }

  timestamps() {
    const parts = {}, captures = {};
    for (let end = Math.floor(Date.now() / 100) * 100; end - 100 >= this.since; end -= 100) {
      const name = `segment${Math.floor((end - 100) / 1000)}.${(end - 100) % 1000 / 100}.m4s`;
      parts[name] = end * 1e6;
      captures[name] = (end - 100) * 1e6;
    }
    const clock = { synchronized: true };
    return { timestamp: Date.now() * 1e6, segments: {}, parts, captures, clock };
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}

/** The playlist whose newest part ended at `end`, Unix ms. @param {number} end */
function playlist(end) {
  const open = Math.floor(end / 1000), lines = [
    '#EXTM3U', '#EXT-X-TARGETDURATION:1',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.3',
    `#EXT-X-MEDIA-SEQUENCE:${open - 3}`, '#EXT-X-MAP:URI="init.mp4"',
  ];
  for (let number = open - 3; number <= open; number += 1) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(number * 1000).toISOString()}`);
    const until = Math.min(end, number * 1000 + 1000);
    for (let at = number * 1000, index = 0; at + 100 <= until; at += 100, index += 1) {
      lines.push(`#EXT-X-PART:DURATION=0.1,URI="segment${number}.${index}.m4s"`);
    }
    if (number < open) lines.push('#EXTINF:1.0,', `segment${number}.m4s`);
  }
  return `${lines.join('\n')}\n`;
}

suite('arguments of client.ts', () => {
  test('options', () => {
    const limited = { url: 'http://h:1/x.m3u8', seconds: 2.5, json: true };
    assert.deepEqual(parseArguments([limited.url, '--seconds', '2.5', '--json']), limited);
    const root = { url: 'http://h/live.m3u8', seconds: 3, json: false };
    assert.deepEqual(parseArguments(['--seconds=3', 'http://h/']), root);
    assert.equal(parseArguments(['--help']), null);
  });

  for (const bad of [
    [], ['x'], ['ftp://h/'], ['http://h/', 'http://i/'], ['http://h/', '--seconds'],
    ['http://h/', '--seconds', '-1'], ['http://h/', '--seconds', '0'],
    ['http://h/', '--second', '1'], ['http://h/', '--json=1'],
  ]) {
    test(`refused with one line: ${bad.join(' ')}`, () => {
      const isLine = (error) => error instanceof UsageError && !error.message.includes('\n');
      assert.throws(() => parseArguments(bad), isLine);
    });
  }
});

suite('the report of client.ts', () => {
  const list = { targetDuration: 1 };

  test('the live edge is the time from the end of the newest part to its arrival', () => {
    const lines = [], report = new Report(true, (line) => lines.push(JSON.parse(line)));
    for (const [index, late] of [80, 120, 400].entries()) {
      const end = 1000 + index / 10;
      report.parts([{ end, duration: 0.1 }], end * 1000 + late, list);
    }
    assert.ok(report.summary(1_000_500));
    const { liveEdgeMs, parts } = lines[0];
    assert.deepEqual(liveEdgeMs, { count: 3, min: 80, median: 120, p95: 400, max: 400 });
    assert.equal(parts, 3);
  });

  test('without a dated part nothing is measured', () => {
    const lines = [], report = new Report(true, (line) => lines.push(JSON.parse(line)));
    report.parts([{ end: null, duration: 0.1 }], 1_000_000, list);
    assert.ok(!report.summary(1_000_500));
    assert.equal(lines[0].liveEdgeMs, null);
  });
});

suite('client.ts', { timeout: 30_000 }, () => {
  for (const bad of [
    [], ['nowhere'], ['http://127.0.0.1:9/', '--seconds', 'x'], ['http://127.0.0.1:9/live.m3u8'],
    ['http://h/', '--what'],
  ]) {
    test(`one line and status 2: ${bad.join(' ')}`, () => {
      const options = { cwd: client, encoding: 'utf8' };
      const { status, stdout, stderr } = spawnSync(process.execPath, [...words, ...bad], options);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^client: [^\n]+\n$/);
    });
  }

  test('it continues after a restart of the server', async (context) => {
    const origin = new Origin(), port = await origin.open();
    context.after(() => origin.close());
    const url = `http://127.0.0.1:${port}/live/playlist.m3u8`;
    const command = [...words, url, '--seconds', '600', '--json'];
    const program = spawn(process.execPath, command, { cwd: client });
    context.after(() => program.kill());
    let text = '', onLine = () => {};
    program.stdout.on('data', (piece) => {
      text += piece;
      onLine();
    });
    const seen = (count, pattern) => new Promise((resolve) => {
      onLine = () => { if (text.match(pattern)?.length >= count) resolve(); };
      onLine();
    });
    const done = new Promise((resolve) => { program.on('exit', resolve); });
    await seen(2, /"captureToAvailableMs":\d/g);
    await origin.close();
    await seen(1, /"event":"lost"/g);
    await origin.open(port);
    await seen(1, /"event":"restarted"/g);
    await seen(1, /"event":"back"/g);
    await seen(5, /"partsPerSecond":[1-9]/g);
    program.kill('SIGINT');
    assert.equal(await done, 0, text);
    const lines = text.trim().split('\n').map((line) => JSON.parse(line));
    const events = lines.flatMap(({ event }) => event ?? []);
    const sorted = [events[0], ...events.slice(1, -1).sort(), events[events.length - 1]];
    assert.deepEqual(sorted, ['start', 'back', 'lost', 'restarted', 'summary'], text);
    const summary = lines[lines.length - 1];
    // No part is there before its end.
    assert.ok(summary.liveEdgeMs.count > 0 && summary.liveEdgeMs.min >= -5, text);
    assert.ok(summary.parts > 0 && summary.restarts === 1 && summary.outages === 1, text);
  });
});
