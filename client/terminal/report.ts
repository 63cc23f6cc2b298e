// SPDX-License-Identifier: Apache-2.0
// The output of client.ts: one line per second, a line per event, and a summary.

import type { ServerClock } from '../shared/clock.js';
import type { Part, Playlist } from '../shared/playlist.js';
import { quantile, Samples } from '../shared/statistics.js';
import type { Spread } from '../shared/statistics.js';
import { Jitter } from './jitter.ts';

const digits = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} ms`);
const rounded = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 1000);
const timeOfDay = (ms: number) => new Date(ms).toISOString().slice(11, 23);

/** The values of the current second. */
type Second = { edges: number[]; parts: number; since: number };

/** Values in ms; times in Unix ms. */
export class Report {
  private readonly edges = new Samples();
  private readonly deviations = new Samples();
  private readonly delays = new Samples();
  private readonly jitter = new Jitter();
  private current: Second = { edges: [], parts: 0, since: performance.now() };
  private latestDelay: number | null = null;
  private unsynchronized = false;
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

  /** `clock` is null if the server has no time service. */
  start(url: string, list: Playlist, clock: ServerClock | null): void {
    const record = {
      event: 'start', url, parts: list.hasParts, blockingReload: list.canBlockReload,
      clockOffsetMs: clock && rounded(clock.offset), roundTripMs: clock && rounded(clock.roundTrip),
    };
    const unit = list.hasParts ? 'parts' : 'segments';
    const reload = list.canBlockReload ? 'blocking reloads' : 'polling';
    const time = clock
      ? `server clock − local clock ${digits(clock.offset)} (round trip ${digits(clock.roundTrip)})`
      : 'no /time?ms, so the clocks are taken as equal';
    this.write(record, `${url}: ${unit}, ${reload}; ${time}`);
  }

  /** A playlist that lists new parts arrived at `arrived` on the server's clock. */
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
    if (deviation !== null) this.deviations.add(deviation);
  }

  /** The time from capture until a part was complete. */
  delay(ms: number): void {
    this.latestDelay = ms;
    this.delays.add(ms);
  }

  synchronized(is: boolean): void {
    if (!is && !this.unsynchronized) this.event('clock', 'the server clock is not synchronised');
    this.unsynchronized = !is;
  }

  lost(text: string): void {
    this.outages += 1;
    this.jitter.interrupt();
    this.latestDelay = null;
    this.event('lost', text);
  }

  event(name: string, text: string, details: Record<string, unknown> = {}): void {
    if (name === 'restarted') this.restarts += 1;
    this.write({ event: name, text, ...details }, `* ${text}`);
  }

  /** Prints the line of the last second. `now`: Unix ms on the server's clock. */
  second(now: number): void {
    const { edges, parts, since } = this.current;
    const until = performance.now();
    this.current = { edges: [], parts: 0, since: until };
    const edge = edges.length === 0 ? null : quantile(edges, 0.5);
    const rate = parts / ((until - since) / 1000);
    const jitter = this.jitter.take();
    this.write({
      time: rounded(now), liveEdgeMs: rounded(edge), partsPerSecond: rounded(rate),
      jitterMs: rounded(jitter), captureToAvailableMs: rounded(this.latestDelay),
    }, `${timeOfDay(now)}  live edge ${digits(edge).padStart(9)}`
      + `  ${rate.toFixed(1).padStart(4)} parts/s  jitter ${digits(jitter).padStart(7)}`
      + `  capture → available ${digits(this.latestDelay).padStart(8)}`);
  }

  /** Prints the summary; returns false if nothing was measured. `now`: Unix ms. */
  summary(now: number): boolean {
    const seconds = (performance.now() - this.startedAt) / 1000, rate = this.partCount / seconds;
    const [edge, jitter, delay] = [this.edges, this.deviations, this.delays]
      .map((samples) => samples.spread());
    this.write({
      event: 'summary', time: rounded(now), seconds: rounded(seconds), parts: this.partCount,
      partsPerSecond: rounded(rate), outages: this.outages, restarts: this.restarts,
      liveEdgeMs: recordOf(edge), jitterMs: recordOf(jitter), captureToAvailableMs: recordOf(delay),
    }, [
      `${this.partCount} parts in ${seconds.toFixed(1)} s (${rate.toFixed(1)}/s),`
        + ` ${this.outages} outages, ${this.restarts} restarts`,
      `  live edge            ${textOf(edge)}`,
      `  jitter               ${textOf(jitter)}`,
      `  capture → available  ${textOf(delay)}`,
    ].join('\n'));
    return edge !== null;
  }

  private write(record: Record<string, unknown>, text: string): void {
    this.print(this.json ? JSON.stringify(record) : text);
  }
}

function recordOf(spread: Spread | null): Record<string, number | null> | null {
  if (spread === null) return null;
  const [min, median, p95, max] = [spread.min, spread.median, spread.p95, spread.max].map(rounded);
  return { count: spread.count, min, median, p95, max };
}

function textOf(spread: Spread | null): string {
  if (spread === null) return 'nothing measured';
  const { min, median, p95, max } = spread;
  return `min ${digits(min)}  median ${digits(median)}  p95 ${digits(p95)}  max ${digits(max)}`;
}
