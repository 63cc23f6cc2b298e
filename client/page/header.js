// SPDX-License-Identifier: Apache-2.0
// CMAF headers: the codec strings that Media Source Extensions need.

import { content, uint32 } from './boxes.js';
import { UnsupportedError } from './errors.js';

/** @typedef {{ type: string, timescale: number }} TrackFormat `type`: MIME type with codecs */

/**
 * The tracks of a stream, by their headers. Throws UnsupportedError on another codec.
 * @param {Uint8Array[]} headers of the video, and of the audio if the stream has audio
 * @returns {(TrackFormat & { header: Uint8Array })[]}
 */
export function tracksOf(headers) {
  return headers.map((header, index) => {
    const format = index === 0 ? videoFormat(header) : audioFormat(header);
    if (format) return { ...format, header };
    const codec = index === 0 ? 'The video is not H.264' : 'The audio is not AAC';
    throw new UnsupportedError(`${codec} in CMAF`);
  });
}

/**
 * The format of an H.264 track; its codec string is from avcC (RFC 6381 §3.3).
 * @param {Uint8Array} header
 * @returns {TrackFormat | null} null for another codec
 */
export function videoFormat(header) {
  const timescale = timescaleOf(header), config = avcConfiguration(header);
  if (timescale === null || !config) return null;
  const hex = [...config.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  return { type: `video/mp4; codecs="avc1.${hex.join('')}"`, timescale };
}

/**
 * The content of avcC (ISO/IEC 14496-15 §5.3.3.1); null for another codec.
 * @param {Uint8Array} header
 */
export function avcConfiguration(header) {
  const entries = sampleEntries(header);
  const entry = entries && (content(entries, 'avc1') ?? content(entries, 'avc3'));
  return entry && content(entry.subarray(78), 'avcC');
}

/**
 * The format of an AAC track; its codec string is from the AudioSpecificConfig in esds
 * (ISO/IEC 14496-3 §1.6.2.1).
 * @param {Uint8Array} header
 * @returns {TrackFormat | null} null for another codec
 */
export function audioFormat(header) {
  const entries = sampleEntries(header), timescale = timescaleOf(header);
  const entry = entries && content(entries, 'mp4a');
  const descriptor = entry && content(entry.subarray(28), 'esds');
  if (timescale === null || !descriptor) return null;
  // The tags of ES_Descriptor, DecoderConfigDescriptor and DecoderSpecificInfo, and the bytes
  // between their size fields and the next tag. A size field ends with a byte below 0x80.
  let offset = 4;
  for (const [tag, skipped] of [[3, 3], [4, 13], [5, 0]]) {
    if (descriptor[offset] !== tag) return null;
    for (offset += 1; descriptor[offset] & 0x80; offset += 1);
    offset += 1 + skipped;
  }
  const objectType = descriptor[offset] >> 3;
  return { type: `audio/mp4; codecs="mp4a.40.${objectType}"`, timescale };
}

/** @param {Uint8Array} header */
function sampleEntries(header) {
  const stsd = content(header, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
  return stsd && stsd.subarray(8);
}

/** @param {Uint8Array} header */
function timescaleOf(header) {
  const mdhd = content(header, 'moov', 'trak', 'mdia', 'mdhd');
  return mdhd && uint32(mdhd, mdhd[0] === 1 ? 20 : 12);
}
