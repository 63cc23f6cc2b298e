// SPDX-License-Identifier: Apache-2.0
// The names of the closed captions, by the statements of a Multivariant Playlist or an MPD.

import { languageName } from '../../shared/language-name.js';
/** @typedef {import('./captions.js').CaptionTrack} CaptionTrack */
/** @typedef {import('../../shared/playlist.js').ClosedCaptionStatement} ClosedCaptionStatement */

/**
 * A channel or service with its name.
 * @typedef {{ id: string, name: string, isDefault: boolean }} ClosedCaptionTrack
 */

/** Entries such as `CC1=eng;CC3`, and `1=lang:eng;2=lang:und` (ANSI/SCTE 214-1 §7.2). */
const ENTRY = /(?<=^|;)(CC[1-4]|[1-9]\d?)(?:=(?:lang:)?(?:und|(\w+)))?(?=[;,]|$)/g;

/**
 * The tracks of the statements that were read.
 * @type {WeakMap<ClosedCaptionStatement[], ClosedCaptionTrack[]>}
 */
const known = new WeakMap();

/**
 * The channels and services as tracks.
 * @param {string[]} channels @param {ClosedCaptionStatement[]} statements
 * @param {boolean} hasDefault whether one of them may be the default track
 * @returns {CaptionTrack[]}
 */
export function channelTracks(channels, statements, hasDefault) {
  const stated = known.get(statements) ?? statedTracks(statements);
  known.set(statements, stated);
  return channels.map((channel) => {
    const { name = channel, isDefault = false } = stated.find(({ id }) => id === channel) ?? {};
    return { id: channel, name, isDefault: isDefault && hasDefault, channel };
  });
}

/**
 * @param {ClosedCaptionStatement[]} statements
 * @returns {ClosedCaptionTrack[]}
 */
export function statedTracks(statements) {
  return statements.flatMap((statement) => {
    const { NAME, DEFAULT, schemeIdUri = '', value = '' } = statement;
    const id = statement['INSTREAM-ID'];
    if (id) return [{ id, name: NAME ?? id, isDefault: DEFAULT === 'YES' }];
    const isCaptions = /^urn:scte:dash:cc:cea-[67]08:2015$/.test(schemeIdUri);
    return !isCaptions ? [] : [...value.matchAll(ENTRY)].slice(0, 63).map(trackOf);
  });
}

/** @param {RegExpMatchArray} entry of an MPD @returns {ClosedCaptionTrack} */
function trackOf([, number, language = '']) {
  const id = number.replace(/^\d/, 'SERVICE$&'), name = languageName(language);
  if (!name) return { id, name: id, isDefault: false };
  // A stream may have one language in both standards.
  return { id, name: id === number ? name : `${name} (${id})`, isDefault: false };
}
