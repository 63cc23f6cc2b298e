// SPDX-License-Identifier: Apache-2.0
import { segmentNames } from './playlist.js';
import { parseTags } from './xml.js';
import { PlayerUnfit } from './errors.js';
/** @typedef {import('./playlist.js').Segment} Segment */
/** @typedef {import('./playlist.js').Playlist} Playlist */
/** @typedef {import('./xml.js').Tag} Tag */

/** @param {string | undefined} text an xs:duration @returns {number} seconds; 0 for none */
export function durationOf(text) {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text ?? '');
  const [days, hours, minutes, seconds] = (match ?? []).slice(1).map((part) => parseFloat(part ?? '0'));
  return match ? ((days * 24 + hours) * 60 + minutes) * 60 + seconds : 0;
}

/**
 * Reads a dynamic MPD with $Number$ as a playlist at the time `now`: with SegmentTemplate@duration the number that the
 * clock says is the open segment (ISO/IEC 23009-1 §5.3.9.5), with a SegmentTimeline the last one of that.
 * Of several Representations the first; sound is a Playlist of its own.
 * @param {string} text @param {string} base the URL that it came from @param {number} now the server's clock, Unix s
 * @returns {Playlist}
 */
export function parseManifest(text, base, now) {
  const mpd = parseTags(text);
  if (mpd.name !== 'MPD') throw new Error('not an MPD');
  const all = (/** @type {Tag} */ tag, /** @type {string} */ name) => tag.children.filter((child) => child.name === name);
  const begin = Date.parse(mpd.attributes.availabilityStartTime ?? '1970-01-01T00:00:00Z') / 1000;
  const periods = all(mpd, 'Period');
  const startOf = (/** @type {Tag} */ tag) => durationOf(tag.attributes.start);
  const period = [...periods].reverse().find((tag) => startOf(tag) <= now - begin) ?? periods[0];
  const sets = period ? all(period, 'AdaptationSet') : [];
  const ofType = (/** @type {string} */ type) => sets.find((tag) => `${tag.attributes.contentType} ${tag.attributes.mimeType}`.includes(type));
  const set = ofType('video'), soundSet = ofType('audio');
  if (!set || all(set, 'Representation').length === 0) throw new PlayerUnfit('The MPD has no video');
  const list = parseSet([mpd, period, set], base, now, { begin, start: startOf(period) });
  if (soundSet) list.sound = parseSet([mpd, period, soundSet], base, now, { begin, start: startOf(period) });
  return list;
}

/**
 * The segments that a SegmentTimeline lists, in ticks (ISO/IEC 23009-1 §5.3.9.6).
 * @param {Tag} timeline @returns {{ time: number, duration: number }[]}
 */
export function timesIn(timeline) {
  /** @type {{ time: number, duration: number }[]} */
  const entries = [];
  for (const { attributes: { t, d, r } } of timeline.children.filter((tag) => tag.name === 'S')) {
    const last = entries[entries.length - 1], duration = parseInt(d, 10), count = 1 + parseInt(r ?? '0', 10);
    if (!(duration > 0) || !(count > 0 && count < 10000)) throw new PlayerUnfit('The SegmentTimeline cannot be followed');
    let time = t ? parseInt(t, 10) : last ? last.time + last.duration : 0;
    for (let i = 0; i < count; i += 1, time += duration) entries.push({ time, duration });
  }
  if (entries.length === 0) throw new PlayerUnfit('The SegmentTimeline is empty');
  return entries;
}

/**
 * One AdaptationSet of an MPD as a playlist.
 * @param {Tag[]} outer the MPD, the Period, the AdaptationSet @param {string} base @param {number} now
 * @param {{ begin: number, start: number }} times availabilityStartTime, Unix s, and Period@start, s
 * @returns {Playlist}
 */
export function parseSet(outer, base, now, { begin, start }) {
  const all = (/** @type {Tag} */ tag, /** @type {string} */ name) => tag.children.filter((child) => child.name === name);
  const [mpd, , set] = outer, representation = all(set, 'Representation')[0], levels = [...outer, representation];
  /** @type {Record<string, string>} */
  const template = {};
  /** @type {Tag | undefined} */
  let timeline;
  for (const tag of levels) for (const found of all(tag, 'SegmentTemplate')) {
    Object.assign(template, found.attributes);
    timeline = all(found, 'SegmentTimeline')[0] ?? timeline;
  }
  const { media, initialization } = template, timescale = parseInt(template.timescale ?? '1', 10);
  const times = timeline && timesIn(timeline);
  const longest = times ? Math.max(...times.map((entry) => entry.duration)) : parseInt(template.duration ?? '0', 10);
  const duration = longest / timescale, first = parseInt(template.startNumber ?? '1', 10);
  if (!media?.includes('$Number') || !initialization || !(duration > 0)) {
    throw new PlayerUnfit('The MPD does not name its segments by $Number$');
  }
  let place = base;
  for (const tag of levels) for (const found of all(tag, 'BaseURL').slice(0, 1)) place = new URL(found.text, place).href;
  const fill = (/** @type {string} */ name, /** @type {number} */ number) => new URL(name.replace(
    /\$(RepresentationID|Bandwidth|Number)(?:%0(\d+)d)?\$|\$\$/g, (_, what, width) => (!what ? '$'
      : what === 'Number' ? String(number).padStart(parseInt(width ?? '1', 10), '0')
        : representation.attributes[what === 'Bandwidth' ? 'bandwidth' : 'id'])), place).href;
  const urlOf = (/** @type {number} */ number) => fill(media, number);

  const captured = all(set, 'ProducerReferenceTime').find((tag) => tag.attributes.type === 'captured');
  const offset = parseInt(template.presentationTimeOffset ?? '0', 10);
  const date = captured ? Date.parse(captured.attributes.wallClockTime) / 1000
    + (offset - parseInt(captured.attributes.presentationTime, 10)) / timescale : begin + start;
  const openNumber = first + (times ? times.length - 1 : Math.max(0, Math.floor((now - begin - start) / duration)));
  const depth = durationOf(mpd.attributes.timeShiftBufferDepth) || 10;
  const lengthOf = (/** @type {number} */ number) => (times ? times[number - first].duration / timescale : duration);
  const dateOf = (/** @type {number} */ number) => date
    + (times ? (times[number - first].time - offset) / timescale : (number - first) * duration);
  /** @type {Segment[]} */
  const segments = [];
  for (let number = times ? first : Math.max(first, openNumber - Math.floor(depth / duration)); number < openNumber; number += 1) {
    segments.push({ uri: urlOf(number), duration: lengthOf(number), number, date: dateOf(number) });
  }
  if (segments.length === 0) segments.push({ uri: urlOf(openNumber - 1), duration, number: openNumber - 1, date: null });
  return {
    variants: [], sounds: [], segments, openNumber, openDate: dateOf(openNumber),
    map: fill(initialization, 0), targetDuration: duration, ended: mpd.attributes.type !== 'dynamic',
    names: { urlOf, folder: new URL('.', urlOf(first)).href },
    timing: all(mpd, 'UTCTiming').filter((tag) => /utc:http-(iso|xsdate):/.test(tag.attributes.schemeIdUri))
      .map((tag) => new URL(tag.attributes.value, base).href),
  };
}

/**
 * Where the true time can be asked: our `/time?ms`, with the prefix of the stream's path or without, else what an MPD says.
 * @param {Playlist} list @returns {string[]}
 */
export function timesOf(list) {
  const names = segmentNames(list);
  const ours = names ? ['../../time?ms', '/time?ms'].map((path) => new URL(path, names.folder).href) : [];
  return [...new Set([...ours, ...(list.timing ?? [])])];
}
