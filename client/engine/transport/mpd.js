// SPDX-License-Identifier: Apache-2.0
// Dynamic MPDs with `$Number$` (ISO/IEC 23009-1), read as playlists.

import { UnsupportedError } from '../../shared/errors.js';
import { languageName } from '../../shared/language-name.js';
import { emptyPlaylist, renditionOf } from '../../shared/playlist.js';
import { parseXML } from './xml.js';
/** @typedef {import('../../shared/playlist.js').AudioRendition} AudioRendition */
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').Rendition} Rendition */
/** @typedef {import('../../shared/playlist.js').Segment} Segment */
/** @typedef {import('./xml.js').XMLNode} XMLNode */

/**
 * The segments of a SegmentTimeline, in ticks.
 * @typedef {{ time: number, duration: number }[]} Timeline
 */

/**
 * The start of a Period: availabilityStartTime, Unix seconds, and Period@start, seconds.
 * @typedef {{ availabilityStart: number, periodStart: number }} Start
 */

/** @param {XMLNode} node @param {string} name */
const childrenOf = (node, name) => node.children.filter((child) => child.name === name);

/** @param {string | undefined} text xs:duration @returns {number} seconds; 0 if absent */
function durationOf(text) {
  const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/;
  const match = pattern.exec(text ?? '');
  if (!match) return 0;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => parseFloat(part ?? '0'));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/**
 * Reads an MPD at the time `now`, with one Representation of its video and of one audio track.
 * If the SegmentTemplate has a duration, the open segment follows from the clock (§5.3.9.5). In a
 * SegmentTimeline the last entry is the open segment.
 * @param {string} text
 * @param {string} base the URL of the MPD
 * @param {number} now Unix seconds on the server's clock
 * @param {(renditions: Rendition[]) => number} [choose] the index of the video to read
 * @param {(tracks: AudioRendition[]) => number} [chooseAudio] the index of the audio to read
 * @returns {Playlist}
 */
export function parseManifest(text, base, now, choose = () => 0, chooseAudio = () => 0) {
  const mpd = parseXML(text);
  if (mpd.name !== 'MPD') throw new Error('not an MPD');
  const availabilityStart = Date.parse(
    mpd.attributes.availabilityStartTime ?? '1970-01-01T00:00:00Z') / 1000;
  const startOf = (/** @type {XMLNode} */ period) => durationOf(period.attributes.start);
  const periods = childrenOf(mpd, 'Period');
  const period = [...periods].reverse()
    .find((node) => startOf(node) <= now - availabilityStart) ?? periods[0];
  const sets = period ? childrenOf(period, 'AdaptationSet') : [];
  const [[video], audios] = ['video', 'audio'].map((type) => sets.filter(
    ({ attributes }) => `${attributes.contentType} ${attributes.mimeType}`.includes(type)));
  const main = audios.find(isMain) ?? audios[0];
  const ordered = [...main ? [main] : [], ...audios.filter((set) => set !== main)];
  const audioTracks = ordered.map((set) => ({ uri: '', name: nameOf(set) }));
  const audio = ordered[chooseAudio(audioTracks)] ?? main;
  const renditions = video ? childrenOf(video, 'Representation').map(({ attributes }) => (
    renditionOf('', attributes.bandwidth, attributes.height ?? video.attributes.height))) : [];
  if (!video || renditions.length === 0) {
    throw new UnsupportedError('The MPD has no video');
  }
  const start = { availabilityStart, periodStart: startOf(period) };
  const index = choose(renditions);
  const list = parseAdaptationSet([mpd, period, video], base, now, start, index);
  if (audio) list.audio = parseAdaptationSet([mpd, period, audio], base, now, start, 0);
  const closedCaptions = childrenOf(video, 'Accessibility').map(({ attributes }) => attributes);
  return { ...list, renditions, audioTracks, closedCaptions };
}

/**
 * The name of an audio track for the menu.
 * @param {XMLNode} set
 */
function nameOf(set) {
  const [label] = childrenOf(set, 'Label'), { lang = '' } = set.attributes;
  return label?.text || languageName(lang) || lang;
}

/** @param {XMLNode} set @returns {boolean} whether an AdaptationSet has the role `main` */
function isMain(set) {
  return childrenOf(set, 'Role').some(({ attributes }) => attributes.value === 'main');
}

/**
 * The entries of a SegmentTimeline (§5.3.9.6).
 * @param {XMLNode} node
 * @returns {Timeline}
 */
function timelineOf(node) {
  /** @type {Timeline} */
  const entries = [];
  for (const { attributes: { t, d, r } } of childrenOf(node, 'S')) {
    const last = entries[entries.length - 1];
    const duration = parseInt(d, 10), count = 1 + parseInt(r ?? '0', 10);
    if (!(duration > 0) || !(count > 0 && count < 10000)) {
      throw new UnsupportedError('The SegmentTimeline has an invalid entry');
    }
    let time = t ? parseInt(t, 10) : last ? last.time + last.duration : 0;
    for (let i = 0; i < count; i += 1, time += duration) entries.push({ time, duration });
  }
  if (entries.length === 0) throw new UnsupportedError('The SegmentTimeline is empty');
  return entries;
}

/**
 * The SegmentTemplate of a Representation. Attributes of inner elements replace outer attributes.
 * @param {XMLNode[]} levels outermost first
 * @returns {{ template: Record<string, string>, timeline: Timeline | null }}
 */
function templateOf(levels) {
  /** @type {Record<string, string>} */
  const template = {};
  /** @type {XMLNode | undefined} */
  let timeline;
  for (const level of levels) {
    for (const node of childrenOf(level, 'SegmentTemplate')) {
      Object.assign(template, node.attributes);
      timeline = childrenOf(node, 'SegmentTimeline')[0] ?? timeline;
    }
  }
  return { template, timeline: timeline ? timelineOf(timeline) : null };
}

/**
 * A function from the names of a SegmentTemplate to URLs (§5.3.9.4.4).
 * @param {XMLNode[]} levels outermost first, the Representation last
 * @param {string} base the URL of the MPD
 */
function urlsOf(levels, base) {
  let folder = base;
  for (const level of levels) {
    const [node] = childrenOf(level, 'BaseURL');
    if (node) folder = new URL(node.text, folder).href;
  }
  const { id, bandwidth } = levels[levels.length - 1].attributes;
  return (/** @type {string} */ name, /** @type {number} */ number) => new URL(name.replace(
    /\$(RepresentationID|Bandwidth|Number)(?:%0(\d+)d)?\$|\$\$/g, (_, identifier, width) => {
      if (!identifier) return '$';
      if (identifier === 'RepresentationID') return id;
      if (identifier === 'Bandwidth') return bandwidth;
      return String(number).padStart(parseInt(width ?? '1', 10), '0');
    }), folder).href;
}

/**
 * One AdaptationSet as a playlist.
 * @param {XMLNode[]} outer the MPD, the Period and the AdaptationSet
 * @param {string} base the URL of the MPD
 * @param {number} now Unix seconds on the server's clock
 * @param {Start} start
 * @param {number} index of the Representation
 * @returns {Playlist}
 */
function parseAdaptationSet(outer, base, now, { availabilityStart, periodStart }, index) {
  const [mpd, , set] = outer, representations = childrenOf(set, 'Representation');
  const levels = [...outer, representations[index] ?? representations[0]];
  const { template, timeline } = templateOf(levels), { media, initialization } = template;
  const timescale = parseInt(template.timescale ?? '1', 10);
  const longest = timeline ? Math.max(...timeline.map((entry) => entry.duration))
    : parseInt(template.duration ?? '0', 10);
  const duration = longest / timescale, first = parseInt(template.startNumber ?? '1', 10);
  if (!media?.includes('$Number') || !initialization || !(duration > 0)) {
    throw new UnsupportedError('The MPD does not name its segments by $Number$');
  }
  const fill = urlsOf(levels, base);
  const urlOf = (/** @type {number} */ number) => fill(media, number);

  const offset = parseInt(template.presentationTimeOffset ?? '0', 10);
  const captured = childrenOf(set, 'ProducerReferenceTime')
    .find(({ attributes }) => attributes.type === 'captured')?.attributes;
  const firstDate = captured ? Date.parse(captured.wallClockTime) / 1000
    + (offset - parseInt(captured.presentationTime, 10)) / timescale
    : availabilityStart + periodStart;
  const entryOf = (/** @type {number} */ number) => timeline?.[number - first];
  const secondsOf = (/** @type {number} */ number) => (
    (entryOf(number)?.duration ?? longest) / timescale);
  const dateOf = (/** @type {number} */ number) => {
    const entry = entryOf(number);
    return firstDate + (entry ? (entry.time - offset) / timescale : (number - first) * duration);
  };

  const elapsed = now - availabilityStart - periodStart;
  const depth = durationOf(mpd.attributes.timeShiftBufferDepth) || 10;
  const openNumber = first
    + (timeline ? timeline.length - 1 : Math.max(0, Math.floor(elapsed / duration)));
  const oldest = timeline ? first : Math.max(first, openNumber - Math.floor(depth / duration));
  /** @type {Segment[]} */
  const segments = [];
  for (let number = oldest; number < openNumber; number += 1) {
    const uri = urlOf(number);
    segments.push({ uri, duration: secondsOf(number), number, date: dateOf(number) });
  }
  if (segments.length === 0) {
    segments.push({ uri: urlOf(openNumber - 1), duration, number: openNumber - 1, date: null });
  }
  return {
    ...emptyPlaylist(), segments, openNumber, openDate: dateOf(openNumber),
    map: fill(initialization, 0), targetDuration: duration,
    ended: mpd.attributes.type !== 'dynamic',
    names: { urlOf, folder: new URL('.', urlOf(first)).href },
    timing: childrenOf(mpd, 'UTCTiming')
      .filter(({ attributes }) => /utc:http-(iso|xsdate):/.test(attributes.schemeIdUri))
      .map(({ attributes }) => new URL(attributes.value, base).href),
  };
}
