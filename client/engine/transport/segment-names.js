// SPDX-License-Identifier: Apache-2.0
// The names of segments that no playlist lists yet.

/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */

/**
 * The names of an MPD, or the pattern of the last listed segment: `segment`, the Media Sequence
 * Number padded to the width of that name, `.m4s`. Null for a playlist with other names.
 * @param {Playlist} list
 * @returns {SegmentNames | null}
 */
export function segmentNames(list) {
  if (list.names) return list.names;
  const last = list.segments[list.segments.length - 1];
  if (!last || !list.map) return null;
  const match = last.uri.match(/^([^?#]*\/segment)(\d+)(\.m4s(?:[?#].*)?)$/);
  if (!match || parseInt(match[2], 10) !== last.number) return null;
  const [, before, digits, after] = match;
  return {
    urlOf: (number) => before + String(number).padStart(digits.length, '0') + after,
    folder: new URL('.', last.uri).href,
  };
}
