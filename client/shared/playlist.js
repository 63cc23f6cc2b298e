// SPDX-License-Identifier: Apache-2.0
// Media and Multivariant Playlists (RFC 8216bis §4.4).

/**
 * A Media Segment.
 * @typedef {object} Segment
 * @property {string} uri
 * @property {number} duration seconds
 * @property {number} number its Media Sequence Number
 * @property {number | null} date PROGRAM-DATE-TIME of its first frame, Unix seconds
 * @property {boolean} [isGap] whether it has no media (EXT-X-GAP)
 */

/**
 * A Partial Segment.
 * @typedef {object} Part
 * @property {number} number the Media Sequence Number of its Parent Segment
 * @property {number} index
 * @property {number} duration seconds
 * @property {number | null} end the end of its last frame by PROGRAM-DATE-TIME, Unix seconds
 * @property {boolean} [isGap] whether it has no media (GAP=YES)
 */

/**
 * The URLs of segments by number, and the folder that contains the segments.
 * @typedef {{ urlOf: (number: number) => string, folder: string }} SegmentNames
 */

/**
 * A rendition of the video: `bandwidth` in bit/s and `height` in pixels, 0 if unknown; `uri` is
 * empty in an MPD.
 * @typedef {{ uri: string, bandwidth: number, height: number }} Rendition
 */

/**
 * An audio Rendition; `uri` is empty in an MPD.
 * @typedef {{ uri: string, name: string }} AudioRendition
 */

/**
 * A statement about closed captions: the attributes of EXT-X-MEDIA, or of Accessibility in an MPD.
 * @typedef {Record<string, string>} ClosedCaptionStatement
 */

/**
 * An HLS playlist, or one video AdaptationSet of an MPD.
 * @typedef {object} Playlist
 * @property {Rendition[]} renditions of a Multivariant Playlist or an MPD
 * @property {string[]} variants URLs of the Variant Streams; empty for a Media Playlist
 * @property {AudioRendition[]} audioTracks of a Multivariant Playlist or an MPD, the default first
 * @property {Segment[]} segments complete segments, oldest first
 * @property {Part[]} parts oldest first; without parts, each segment counts as one with index 0
 * @property {boolean} hasParts
 * @property {number} openNumber the Media Sequence Number of the open segment
 * @property {number | null} openDate PROGRAM-DATE-TIME of its first frame, Unix seconds
 * @property {number} openParts the number of its listed parts
 * @property {string | null} map URL of the Media Initialization Section
 * @property {number} targetDuration seconds
 * @property {boolean} canBlockReload
 * @property {number} partHoldBack seconds; 0 if absent
 * @property {boolean} ended
 * @property {SegmentNames} [names] of an MPD only
 * @property {string[]} [timing] URLs of UTCTiming, of an MPD only
 * @property {Playlist} [audio] the audio rendition that belongs to the video
 * @property {number} [audioIndex] its index in `audioTracks`
 * @property {ClosedCaptionStatement[]} [closedCaptions] of a Multivariant Playlist or an MPD that
 *   names some
 */

/** @returns {Playlist} */
export function emptyPlaylist() {
  return {
    renditions: [], variants: [], audioTracks: [], segments: [], parts: [], hasParts: false,
    openNumber: 0, openDate: null, openParts: 0, map: null, targetDuration: 1,
    canBlockReload: false, partHoldBack: 0, ended: false,
  };
}

/**
 * The attributes of a tag, without quotes.
 * @param {string} list
 * @returns {Record<string, string>}
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
 * Reads the tags that the clients need. Throws if `text` is not a playlist.
 * @param {string} text
 * @param {string} base the URL of the playlist
 * @returns {Playlist}
 */
export function parsePlaylist(text, base) {
  if (!text.startsWith('#EXTM3U')) throw new Error('not an HLS playlist');
  const list = emptyPlaylist();
  let number = 0, index = 0, duration = 0, isVariant = false, isGap = false;
  /** @type {Record<string, string>} */
  let variant = {};
  let partsDuration = 0;  // seconds of the parts of the current segment
  /** @type {number | null} */
  let date = null;
  /** @type {string | undefined} the first group of audio */
  let group;
  for (const line of text.split(/\r?\n/)) {
    const [, tag, value] = line.match(/^#(EXT[A-Z0-9-]*):?(.*)$/) ?? ['', '', ''];
    if (tag === 'EXT-X-MEDIA-SEQUENCE') number = parseInt(value, 10);
    else if (tag === 'EXT-X-SKIP') {
      number += parseInt(attributes(value)['SKIPPED-SEGMENTS'] ?? '0', 10);
    } else if (tag === 'EXT-X-TARGETDURATION') list.targetDuration = parseInt(value, 10);
    else if (tag === 'EXT-X-SERVER-CONTROL') {
      const control = attributes(value);
      list.canBlockReload = control['CAN-BLOCK-RELOAD'] === 'YES';
      list.partHoldBack = parseFloat(control['PART-HOLD-BACK'] ?? '0') || 0;
    } else if (tag === 'EXT-X-PROGRAM-DATE-TIME') date = Date.parse(value) / 1000;
    else if (tag === 'EXT-X-DISCONTINUITY') date = null;
    else if (tag === 'EXT-X-MAP') list.map = new URL(attributes(value).URI, base).href;
    else if (tag === 'EXT-X-PART') {
      const { DURATION, GAP } = attributes(value), seconds = parseFloat(DURATION);
      partsDuration += seconds;
      const end = date === null ? null : date + partsDuration, part = { number, index, end };
      list.parts.push({ ...part, duration: seconds, ...GAP === 'YES' ? { isGap: true } : {} });
      index += 1;
    } else if (tag === 'EXT-X-GAP') isGap = true;
    else if (tag === 'EXTINF') duration = parseFloat(value);
    else if (tag === 'EXT-X-STREAM-INF') {
      isVariant = true;
      variant = attributes(value);
    } else if (tag === 'EXT-X-MEDIA') {
      const { TYPE, URI, DEFAULT, NAME } = attributes(value), id = attributes(value)['GROUP-ID'];
      if (TYPE === 'CLOSED-CAPTIONS') (list.closedCaptions ??= []).push(attributes(value));
      if (TYPE === 'AUDIO') group ??= id;
      if (TYPE === 'AUDIO' && URI && id === group) {
        const track = { uri: new URL(URI, base).href, name: NAME ?? '' };
        if (DEFAULT === 'YES') list.audioTracks.unshift(track);
        else list.audioTracks.push(track);
      }
    } else if (tag === 'EXT-X-ENDLIST') list.ended = true;
    else if (line !== '' && !line.startsWith('#')) {
      const uri = new URL(line, base).href;
      // The first group is AAC; variants with another one are the same video.
      if (isVariant && (variant.AUDIO ?? group) !== group) {
        isVariant = false;
        continue;
      }
      if (isVariant) {
        list.variants.push(uri);
        list.renditions.push(renditionOf(uri, variant.BANDWIDTH, variant.RESOLUTION));
      } else {
        list.segments.push({ uri, duration, number, date, ...isGap ? { isGap } : {} });
        isGap = false;
        if (date !== null) date += duration;
        number += 1;
        index = 0;
        partsDuration = 0;
      }
      isVariant = false;
    }
  }
  list.openNumber = number;
  list.openDate = date;
  list.openParts = index;
  list.hasParts = list.parts.length > 0;
  if (!list.hasParts) list.parts = list.segments.map(partOf);
  return list;
}

/**
 * @param {string} uri @param {string | undefined} bandwidth
 * @param {string | undefined} resolution such as 1280x720, or the height
 * @returns {Rendition}
 */
export function renditionOf(uri, bandwidth, resolution) {
  const height = /(\d+)$/.exec(resolution ?? '')?.[1] ?? '0';
  return { uri, bandwidth: parseInt(bandwidth ?? '0', 10) || 0, height: parseInt(height, 10) };
}

/** @param {Segment} segment @returns {Part} */
function partOf({ number, duration, date, isGap }) {
  const end = date === null ? null : date + duration;
  return { number, index: 0, duration, end, ...isGap ? { isGap } : {} };
}
