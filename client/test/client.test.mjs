import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));
const words = ['tsx.mjs', 'client.ts'];

/** An origin of parts only: ten a second on the grid since 1970, blocking reloads, a multivariant playlist. */
class Origin {
  /** @param {number} [port] */
  async open(port = 0) {
    this.since = Date.now();
    this.server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://h');
      const send = (/** @type {string} */ text, after = 0) => { setTimeout(() => response.end(text), after); };
      if (url.pathname === '/live/playlist.m3u8') send('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo/playlist.m3u8\n');
      else if (url.pathname === '/live/video/playlist.m3u8') {
        const msn = Number(url.searchParams.get('_HLS_msn')), part = Number(url.searchParams.get('_HLS_part'));
        const due = msn * 1000 + (part + 1) * 100;
        if (msn) setTimeout(() => response.end(playlist(due)), Math.max(0, due - Date.now()));
        else send(playlist(Math.floor(Date.now() / 100) * 100));
      } else if (url.pathname === '/time') send(String(Date.now()));
      else if (url.pathname === '/live/timestamps.json') send(JSON.stringify(this.timestamps()));
      else {
        response.statusCode = 404;
        send('');
      }
    });
    await new Promise((resolve) => { this.server.listen(port, '127.0.0.1', () => resolve(undefined)); });
    return this.server.address().port;
  }

  timestamps() {
    /** @type {Record<string, number>} */
    const parts = {}, /** @type {Record<string, number>} */ captures = {};
    for (let end = Math.floor(Date.now() / 100) * 100; end - 100 >= this.since; end -= 100) {
      const name = `segment${Math.floor((end - 100) / 1000)}.${(end - 100) % 1000 / 100}.m4s`;
      parts[name] = end * 1e6;
      captures[name] = (end - 100) * 1e6;
    }
    return { timestamp: Date.now() * 1e6, segments: {}, parts, captures, clock: { synchronized: true } };
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}

/** What is listed when the newest part ended at `end`, Unix ms. @param {number} end */
function playlist(end) {
  const open = Math.floor(end / 1000), lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.3', `#EXT-X-MEDIA-SEQUENCE:${open - 3}`, '#EXT-X-MAP:URI="init.mp4"'];
  for (let number = open - 3; number <= open; number += 1) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(number * 1000).toISOString()}`);
    for (let at = number * 1000, index = 0; at + 100 <= Math.min(end, number * 1000 + 1000); at += 100, index += 1) {
      lines.push(`#EXT-X-PART:DURATION=0.1,URI="segment${number}.${index}.m4s"`);
    }
    if (number < open) lines.push('#EXTINF:1.0,', `segment${number}.m4s`);
  }
  return `${lines.join('\n')}\n`;
}

suite('client.ts', { timeout: 30_000 }, () => {
  for (const bad of [[], ['nowhere'], ['http://127.0.0.1:9/', '--seconds', 'x'], ['http://127.0.0.1:9/live.m3u8'], ['http://h/', '--what']]) {
    test(`one line and status 2: ${bad.join(' ')}`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [...words, ...bad], { cwd: client, encoding: 'utf8' });
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^client: [^\n]+\n$/);
    });
  }

  test('from a multivariant playlist, over a restart of the server', async () => {
    const origin = new Origin(), port = await origin.open();
    const run = spawn(process.execPath, [...words, `http://127.0.0.1:${port}/live/playlist.m3u8`, '--seconds', '6', '--json'], { cwd: client });
    let text = '';
    run.stdout.on('data', (piece) => { text += piece; });
    const done = new Promise((resolve) => { run.on('exit', resolve); });
    await new Promise((resolve) => { setTimeout(resolve, 2500); });
    await origin.close();
    await new Promise((resolve) => { setTimeout(resolve, 700); });
    await origin.open(port);
    assert.equal(await done, 0, text);
    await origin.close();
    const lines = text.trim().split('\n').map((line) => JSON.parse(line));
    const events = lines.flatMap(({ event }) => event ?? []);
    assert.deepEqual([events[0], ...events.slice(1, -1).sort(), events[events.length - 1]], ['start', 'back', 'lost', 'restarted', 'summary'], text);
    const summary = lines[lines.length - 1];
    assert.ok(summary.liveEdgeMs.min >= -5 && summary.liveEdgeMs.median < 500, text);
    assert.ok(summary.parts > 30 && summary.restarts === 1 && summary.outages === 1, text);
    assert.ok(lines.filter((line) => 'partsPerSecond' in line && 'time' in line && !line.event).length >= 4, text);
  });
});
