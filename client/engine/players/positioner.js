// SPDX-License-Identifier: Apache-2.0
// Where playback begins: at the target, once the media of the start has arrived.

/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../clock/timeline.js').MediaTimeline} MediaTimeline */
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('../feed/feed.js').Feed} Feed */

/** The chunks that exist already when playback begins arrive within this time, ms. */
const ARRIVAL_TIME = 300;
/** A seek to the end of the buffered media is to this time before the end, s. */
const END_MARGIN = 0.03;
/** The least time between two seeks, ms. */
const SEEK_INTERVAL = 1000;

/**
 * `empty`: no chunk has arrived. `arriving`: the first one arrived at `since`, ms, and a position
 * has to be chosen. `placed`: playback began at `position`, s. `isReplaced`: frames were replaced
 * by those of another encoder, which a browser decodes only after a seek.
 * @typedef {{ name: 'empty', isReplaced: boolean }
 *   | { name: 'arriving', since: number, isReplaced: boolean }
 *   | { name: 'placed', since: number, position: number }} PositionState
 */

/**
 * `begin`: the next media belong to another connection. `chunk`: one has arrived. `replace`: frames
 * were replaced. `release`: the position has to be chosen again. `place`: it was chosen.
 * @typedef {{ name: 'begin' } | { name: 'chunk', at: number } | { name: 'replace' }
 *   | { name: 'release' } | { name: 'place', position: number }} PositionEvent
 */

/**
 * @param {PositionState} state @param {PositionEvent} event
 * @returns {PositionState}
 */
export function positionAfter(state, event) {
  const isReplaced = state.name !== 'placed' && state.isReplaced;
  switch (event.name) {
    case 'begin': return { name: 'empty', isReplaced };
    case 'chunk':
      return state.name === 'empty' ? { name: 'arriving', since: event.at, isReplaced } : state;
    case 'replace':
      return state.name === 'empty' ? { name: 'empty', isReplaced: true }
        : { name: 'arriving', since: state.since, isReplaced: true };
    case 'release':
      return state.name === 'placed' ? { name: 'arriving', since: state.since, isReplaced } : state;
    default:
      return state.name === 'arriving'
        ? { name: 'placed', since: state.since, position: event.position } : state;
  }
}

/** Chooses the playback position of one player, and measures the latency there. */
export class Positioner {
  /**
   * @param {{ display: Display, position: () => number }} output
   * @param {ServerClock} clock @param {MediaTimeline} timeline
   * @param {number} target s
   * @param {number} tolerance a position that is nearer than this is kept, s; below 0 for none
   */
  constructor(output, clock, timeline, target, tolerance) {
    this.output = output;
    this.clock = clock;
    this.timeline = timeline;
    this.target = target;
    this.tolerance = tolerance;
    /** @type {PositionState} */
    this.state = { name: 'empty', isReplaced: false };
    this.soughtAt = 0;
  }

  /** @param {PositionEvent} event */
  on(event) { this.state = positionAfter(this.state, event); }

  get isPlaced() { return this.state.name === 'placed'; }

  get isEmpty() { return this.state.name === 'empty'; }

  /**
   * The time since the first chunk, ms.
   * @param {number} now of performance.now()
   */
  elapsed(now) { return this.state.name === 'empty' ? 0 : now - this.state.since; }

  /** @param {number} time media time, s @returns {number | null} s; null if unknown */
  latencyAt(time) {
    const date = this.timeline.dateOf(time);
    return date === null ? null : this.clock.now() / 1000 - date;
  }

  /**
   * Seeks to the target once the chunks of the start have arrived.
   * @param {Feed} feed @param {boolean} isAtEdge whether all chunks before the live edge arrived
   * @returns {boolean} whether a position was chosen now
   */
  choose(feed, isAtEdge) {
    const { output: { display }, state, target } = this;
    const end = feed.end(), ranges = feed.ranges();
    if (state.name !== 'arriving' || end === null || !ranges) return false;
    if (state.isReplaced && !feed.isIdle) return false;  // the ranges are of the former frames
    const endLatency = this.latencyAt(end) ?? 0, now = performance.now();
    const isComplete = isAtEdge && feed.isIdle;
    if (endLatency > target && !isComplete && now - state.since < ARRIVAL_TIME) return false;
    const start = ranges.start(ranges.length - 1), { currentTime } = display;
    const position = Math.max(start, Math.min(end + endLatency - target, end - END_MARGIN));
    const isInside = currentTime >= start && currentTime <= end;
    const isFar = !isInside || Math.abs(currentTime - position) > this.tolerance;
    if (isFar || state.isReplaced) display.currentTime = position;
    this.on({ name: 'place', position: this.output.position() });
    this.soughtAt = now;
    return true;
  }

  /**
   * @param {Feed} feed @param {boolean} arePlausible whether dates and clock agree
   * @returns {number | null} s; null if unknown
   */
  latency(feed, arePlausible) {
    const end = feed.end(), position = this.output.position();
    if (end === null || !this.isPlaced) return null;
    const latency = this.latencyAt(position);
    return latency === null || !arePlausible ? end - position : latency;
  }

  /**
   * Seeks within the media of the feed.
   * @param {Feed} feed @param {number} seconds @param {number} now of performance.now()
   */
  seekBy(feed, seconds, now) {
    const end = feed.end(), { display } = this.output;
    if (end === null || now - this.soughtAt < SEEK_INTERVAL) return;
    this.soughtAt = now;
    const position = Math.min(display.currentTime + seconds, end - END_MARGIN);
    display.currentTime = Math.max(feed.start() ?? 0, position);
  }
}
