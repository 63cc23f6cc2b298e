// What the probe prints: a line a second, events as they come, and the figures of the whole run.

import type { ServerClock } from './clock.ts';
import type { Part, Playlist } from './playlist.ts';
import { Jitter, quantile, Samples } from './statistics.ts';
import type { Spread } from './statistics.ts';

const digits = (value: number | null, unit = ' ms') => (value === null ? '–' : `${value.toFixed(1)}${unit}`);
const rounded = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 1000);
const timeOfDay = (ms: number) => new Date(ms).toISOString().slice(11, 23);

/** Figures in ms; times in Unix ms. */
export class Report {
  private readonly edges = new Samples();
  private readonly jitters = new Samples();
  private readonly availables = new Samples();
  private readonly jitter = new Jitter();
  private current: { edges: number[]; parts: number; since: number } = { edges: [], parts: 0, since: performance.now() };
  private latestAvailable: number | null = null;
  private unsynchronised = false;
  private partCount = 0;
  private outages = 0;
  private restarts = 0;
  private readonly startedAt = performance.now();
  private readonly json: boolean;
  private readonly print: (line: string) => void;

  constructor(json: boolean, print: (line: string) => void) {
    this.json = json;
    this.print = print;
  }

  start(url: string, list: Playlist, clock: ServerClock | null): void {
    const facts = {
      event: 'start', url, parts: list.hasParts, blockingReload: list.canBlockReload,
      clockOffsetMs: clock && rounded(clock.offset), roundTripMs: clock && rounded(clock.roundTrip),
    };
    const way = list.canBlockReload ? 'blocking reloads' : 'polling';
    const time = clock ? `server clock ${digits(clock.offset)} from ours (round trip ${digits(clock.roundTrip)})`
      : 'no /time?ms: both clocks taken as equal';
    this.write(facts, `${url}: ${list.hasParts ? 'parts' : 'whole segments'}, ${way}; ${time}`);
  }

  /** New parts were listed by a playlist that arrived at `arrived` on the server's clock. */
  parts(fresh: Part[], arrived: number, list: Playlist): void {
    this.partCount += fresh.length;
    this.current.parts += fresh.length;
    const newest = fresh[fresh.length - 1];
    if (newest.end === null) return;
    const edge = arrived - newest.end * 1000;
    this.current.edges.push(edge);
    this.edges.add(edge);
    if (fresh.length > Math.ceil(list.targetDuration / newest.duration)) this.jitter.interrupt();
    const deviation = this.jitter.add(arrived, newest.end * 1000);
    if (deviation !== null) this.jitters.add(deviation);
  }

  available(ms: number): void {
    this.latestAvailable = ms;
    this.availables.add(ms);
  }

  synchronized(is: boolean): void {
    if (!is && !this.unsynchronised) this.event('clock', 'the server says that its clock is not synchronised');
    this.unsynchronised = !is;
  }

  lost(text: string): void {
    this.outages += 1;
    this.jitter.interrupt();
    this.latestAvailable = null;
    this.event('lost', text);
  }

  event(name: string, text: string, facts: Record<string, unknown> = {}): void {
    if (name === 'restarted') this.restarts += 1;
    this.write({ event: name, text, ...facts }, `* ${text}`);
  }

  /** The line of the last second. `now`: Unix ms on the server's clock. */
  second(now: number): void {
    const { edges, parts, since } = this.current;
    const at = performance.now();
    this.current = { edges: [], parts: 0, since: at };
    const edge = edges.length === 0 ? null : quantile(edges, 0.5);
    const rate = parts / ((at - since) / 1000);
    const jitter = this.jitter.take();
    this.write({
      time: rounded(now), liveEdgeMs: rounded(edge), partsPerSecond: rounded(rate), jitterMs: rounded(jitter),
      captureToAvailableMs: rounded(this.latestAvailable),
    }, `${timeOfDay(now)}  live edge ${digits(edge).padStart(9)}  ${rate.toFixed(1).padStart(4)} parts/s`
      + `  jitter ${digits(jitter).padStart(7)}  capture → available ${digits(this.latestAvailable).padStart(8)}`);
  }

  /** The figures of the run; false when nothing was measured. `now`: Unix ms. */
  summary(now: number): boolean {
    const seconds = (performance.now() - this.startedAt) / 1000;
    const edge = this.edges.spread(), jitter = this.jitters.spread(), available = this.availables.spread();
    const figures = (spread: Spread | null) => spread && {
      count: spread.count, min: rounded(spread.min), median: rounded(spread.median), p95: rounded(spread.p95), max: rounded(spread.max),
    };
    const text = (name: string, spread: Spread | null) => (spread === null ? `  ${name}  nothing measured`
      : `  ${name}  min ${digits(spread.min)}  median ${digits(spread.median)}  p95 ${digits(spread.p95)}  max ${digits(spread.max)}`);
    this.write({
      event: 'summary', time: rounded(now), seconds: rounded(seconds), parts: this.partCount,
      partsPerSecond: rounded(this.partCount / seconds), outages: this.outages, restarts: this.restarts,
      liveEdgeMs: figures(edge), jitterMs: figures(jitter), captureToAvailableMs: figures(available),
    }, [
      `${this.partCount} parts in ${seconds.toFixed(1)} s (${(this.partCount / seconds).toFixed(1)}/s),`
        + ` ${this.outages} outages, ${this.restarts} restarts`,
      text('live edge          ', edge), text('jitter             ', jitter), text('capture → available', available),
    ].join('\n'));
    return edge !== null;
  }

  private write(facts: Record<string, unknown>, text: string): void {
    this.print(this.json ? JSON.stringify(facts) : text);
  }
}
