// SPDX-License-Identifier: Apache-2.0

/**
 * @typedef {{ uri: string, duration: number, number: number, date: number | null }} Segment
 *   `duration` in seconds; `date`: PROGRAM-DATE-TIME of its first frame, Unix seconds.
 * @typedef {{ urlOf: (number: number) => string, folder: string }} SegmentNames
 * @typedef {{ variants: string[], sounds: string[], segments: Segment[], openNumber: number, openDate: number | null,
 *   map: string | null, targetDuration: number, ended: boolean, names?: SegmentNames, timing?: string[],
 *   sound?: Playlist }} Playlist
 *   What an HLS playlist or an MPD says; `names` and `timing` (UTCTiming) only of an MPD; `sounds`: the playlists of
 *   sound that a Multivariant Playlist names; `sound`: the rendition of sound that goes with the pictures.
 */

/**
 * The attributes of one tag, quotes taken off.
 * @param {string} list @returns {Record<string, string>}
 */
export function attributes(list) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [, name, value] of list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)) {
    found[name] = value.replace(/^"|"$/g, '');
  }
  return found;
}

/**
 * Reads a Media or Multivariant Playlist (RFC 8216bis §4.4) as far as this page needs it.
 * @param {string} text
 * @param {string} base the URL that it came from
 * @returns {Playlist}
 */
export function parsePlaylist(text, base) {
  if (!text.startsWith('#EXTM3U')) throw new Error('not an HLS playlist');
  /** @type {Playlist} */
  const list = {
    variants: [], sounds: [], segments: [], openNumber: 0, openDate: null, map: null, targetDuration: 1, ended: false,
  };
  let number = 0, duration = 0, variant = false;
  /** @type {number | null} */
  let date = null;
  for (const line of text.split(/\r?\n/)) {
    const [, tag, value] = line.match(/^#(EXT[A-Z0-9-]*):?(.*)$/) ?? ['', '', ''];
    if (tag === 'EXT-X-MEDIA-SEQUENCE') number = parseInt(value, 10);
    else if (tag === 'EXT-X-TARGETDURATION') list.targetDuration = parseInt(value, 10);
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') date = Date.parse(value) / 1000;
    else if (tag === 'EXT-X-DISCONTINUITY') date = null;
    else if (tag === 'EXT-X-MAP') list.map = new URL(attributes(value).URI, base).href;
    else if (tag === 'EXTINF') duration = parseFloat(value);
    else if (tag === 'EXT-X-STREAM-INF') variant = true;
    else if (tag === 'EXT-X-MEDIA') {
      const { TYPE, URI } = attributes(value);
      if (TYPE === 'AUDIO' && URI) list.sounds.push(new URL(URI, base).href);
    }
    else if (tag === 'EXT-X-ENDLIST') list.ended = true;
    else if (line !== '' && !line.startsWith('#')) {
      const uri = new URL(line, base).href;
      if (variant) list.variants.push(uri);
      else {
        list.segments.push({ uri, duration, number, date });
        number += 1;
        if (date !== null) date += duration;
      }
      variant = false;
    }
  }
  list.openNumber = number;
  list.openDate = date;
  return list;
}

/**
 * How this origin names its segments, learnt from the last one listed: the Media Sequence Number,
 * padded to the width seen. Null for a playlist that does not follow this.
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
