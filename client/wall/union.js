// SPDX-License-Identifier: Apache-2.0
// How far all streams of the wall go back together.

import { PastExtent } from '../engine/server/past-extent.js';
import { eventText } from '../stage/time-scale.js';

/** @typedef {[from: number, to: number]} Span Unix seconds */

/**
 * The times that are in both lists; each list is in order and has no overlaps.
 * @param {Span[]} one @param {Span[]} other
 */
export function common(one, other) {
  /** @type {Span[]} */
  const spans = [];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const from = Math.max(one[i][0], other[j][0]), to = Math.min(one[i][1], other[j][1]);
    if (to > from) spans.push([from, to]);
    if (one[i][1] < other[j][1]) i += 1;
    else j += 1;
  }
  return spans;
}

/**
 * The times in which a stream has no media, from the earliest media of all streams on.
 * @param {PastExtent} extent @param {number} from @param {number} to of all streams
 * @returns {Span[]}
 */
function missing(extent, from, to) {
  const start = extent.from ?? to;
  return [
    ...(start > from ? [/** @type {Span} */ ([from, start])] : []), ...extent.gaps,
    ...(!extent.isLive && extent.to < to ? [/** @type {Span} */ ([extent.to, to])] : []),
  ];
}

/**
 * The extent of the past of several streams: what any of them has kept. A gap is a time without
 * media of all; events have the names of their streams. Frames are those of the first stream.
 * @param {{ name: string, extent: PastExtent }[]} streams with an archive
 * @returns {PastExtent | null} null without any
 */
export function unionOf(streams) {
  const known = streams.filter(({ extent }) => extent.from !== null);
  if (known.length === 0) return null;
  const extents = known.map(({ extent }) => extent), [first] = extents;
  const from = Math.min(...extents.map((extent) => Number(extent.from)));
  const to = Math.max(...extents.map((extent) => extent.to));
  const gaps = extents.map((extent) => missing(extent, from, to)).reduce(common);
  const events = known.flatMap(({ name, extent }, index) => extent.events.map((event) => ({
    id: event.id * known.length + index, time: event.time,
    data: `${name}: ${eventText(event.data)}`,
  }))).sort((one, other) => one.time - other.time);
  return new PastExtent({
    archive: true, live: extents.some(({ isLive }) => isLive), from, to, gaps, events,
    frameRate: [1, first.frameDuration], framesPerSegment: first.framesPerSegment,
  });
}
