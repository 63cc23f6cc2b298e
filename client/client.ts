// SPDX-License-Identifier: Apache-2.0
// A latency probe for live HLS: npx tsx client.ts URL [--seconds N] [--json]

import { localNow, ServerClock } from './shared/clock.js';
import { sleep, within } from './shared/deadline.js';
import { servicesOf } from './shared/services.js';
import { timestampsOf } from './shared/timestamps.js';
import { parseArguments, USAGE, UsageError } from './terminal/arguments.ts';
import type { Arguments } from './terminal/arguments.ts';
import { follow, FollowError, openStream } from './terminal/follow.ts';
import { Report } from './terminal/report.ts';
import { RestartDetector } from './terminal/restarts.ts';

/** The longest delay that setTimeout accepts, ms; it fires immediately after a longer one. */
const LONGEST_TIMER = 2 ** 31 - 1;

async function loadTimestamps(url: string, stop: AbortSignal) {
  return within(2000, async (signal) => {
    const response = await fetch(url, { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return timestampsOf(await response.json());
  }, stop);
}

/** Polls /timestamps.json every 0.5 s, and every 2.5 s until its first response. */
async function pollTimestamps(
  url: string, report: Report, clock: ServerClock, measureClock: () => void, stop: AbortSignal,
) {
  const restarts = new RestartDetector();
  let responded = false;
  while (!stop.aborted) {
    const begun = performance.now();
    try {
      const response = await loadTimestamps(url, stop);
      const { delay, restarted } = restarts.take(response);
      responded = true;
      if (restarted) report.event('restarted', 'the server was restarted and has lost its parts');
      if (delay !== null) report.delay(delay);
      if (response.clock.synchronized !== null) report.synchronized(response.clock.synchronized);
      const drift = Math.abs(response.timestamp / 1e6 - clock.now());
      if (clock.roundTrip !== null && drift > 100) measureClock();  // a clock was set
    } catch {
      if (!responded && performance.now() - begun < 1000) await sleep(2000);
    }
    await sleep(Math.max(10, 500 - (performance.now() - begun)));
  }
}

/** Returns the exit status. */
async function main(words: Arguments): Promise<number> {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const { url, list } = await openStream(words.url, stop.signal);
  const clock = new ServerClock();
  const services = servicesOf(list.segments[list.segments.length - 1]?.uri);
  const measureClock = () => clock.measure(services?.times ?? []);
  const known = await measureClock();
  const report = new Report(words.json, (line) => process.stdout.write(`${line}\n`));
  report.start(url, list, known ? clock : null);
  const timers = [
    setInterval(measureClock, 30_000), setInterval(() => report.second(clock.now()), 1000),
  ];
  if (words.seconds !== Number.POSITIVE_INFINITY) {
    timers.push(setTimeout(end, Math.min(words.seconds * 1000 + 30, LONGEST_TIMER)));
  }
  if (services) void pollTimestamps(services.timestamps, report, clock, measureClock, stop.signal);
  await follow(url, list, {
    onParts: (fresh, latest) => report.parts(fresh, clock.now(), latest),
    onLost: (reason) => report.lost(`the server does not respond (${reason}); retrying`),
    onBack: (seconds) => {
      report.event('back', `the server responds again after ${seconds.toFixed(1)} s`, { seconds });
      void measureClock();
    },
    onChange: (change) => report.event('changed', `the stream has changed: ${change}`),
  }, stop.signal);
  stop.abort();
  timers.forEach((timer) => clearTimeout(timer));
  return report.summary(localNow()) ? 0 : 1;
}

try {
  const words = parseArguments(process.argv.slice(2));
  if (words === null) process.stdout.write(USAGE);
  else process.exit(await main(words));
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof FollowError)) throw error;
  process.stderr.write(`client: ${error.message}\n`);
  process.exit(2);
}
