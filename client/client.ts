// A latency probe for live HLS: npx tsx client.ts URL [--seconds N] [--json]
//
// Once a second it prints how far the end of the newest listed part lies behind the server's clock when
// the playlist that lists it has arrived, how many parts a second are listed, and their jitter.

import { parseArguments, USAGE, UsageError } from './src/arguments.ts';
import type { Arguments } from './src/arguments.ts';
import { localNow, ServerClock } from './src/clock.ts';
import { within } from './src/deadline.ts';
import { follow, FollowError, openStream } from './src/follow.ts';
import type { Playlist } from './src/playlist.ts';
import { servicesOf } from './src/playlist.ts';
import { Report } from './src/report.ts';
import { timestampsOf, TimestampWatch } from './src/timestamps.ts';

/** Polls /timestamps.json twice a second, more seldom while it has never been answered. */
async function pollTimestamps(url: string, report: Report, clock: ServerClock, ask: () => void, stop: AbortSignal) {
  const watch = new TimestampWatch();
  let answered = false;
  while (!stop.aborted) {
    const asked = performance.now();
    try {
      const answer = await within(2000, async (signal) => {
        const response = await fetch(url, { cache: 'no-store', signal });
        if (!response.ok) throw new Error(`${response.status}`);
        return timestampsOf(await response.json());
      }, stop);
      const { available, restarted } = watch.take(answer);
      answered = true;
      if (restarted) report.event('restarted', 'the server was restarted: it knows nothing of its former parts');
      if (available !== null) report.available(available);
      if (answer.clock.synchronized !== null) report.synchronized(answer.clock.synchronized);
      if (clock.roundTrip !== null && Math.abs(answer.timestamp / 1e6 - clock.now()) > 100) ask();  // a clock was set
    } catch {
      if (!answered && performance.now() - asked < 1000) await new Promise((resolve) => { setTimeout(resolve, 2000); });
    }
    const rest = 500 - (performance.now() - asked);
    await new Promise((resolve) => { setTimeout(resolve, Math.max(10, rest)); });
  }
}

async function main(words: Arguments): Promise<number> {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const { url, list } = await openStream(words.url, stop.signal);
  const clock = new ServerClock();
  const services = servicesOf(list.lastSegment);
  const times = services?.times ?? [];
  const known = await clock.ask(times);
  const report = new Report(words.json, (line) => process.stdout.write(`${line}\n`));
  report.start(url, list, known ? clock : null);
  const ask = () => { void clock.ask(times); };
  const timers = [setInterval(ask, 30_000), setInterval(() => report.second(clock.now()), 1000)];
  if (words.seconds !== Number.POSITIVE_INFINITY) {
    timers.push(setTimeout(end, Math.min(words.seconds * 1000 + 30, 2 ** 31 - 1)));  // a longer one would fire at once
  }
  if (services) void pollTimestamps(services.timestamps, report, clock, ask, stop.signal);
  await follow(url, list, {
    onParts: (fresh, latest: Playlist) => report.parts(fresh, clock.now(), latest),
    onLost: (reason) => report.lost(`the server does not answer (${reason}); trying again`),
    onBack: (seconds) => {
      report.event('back', `the server answers again after ${seconds.toFixed(1)} s`, { seconds });
      ask();
    },
    onChange: (what) => report.event('changed', `the stream has changed: ${what}`),
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
