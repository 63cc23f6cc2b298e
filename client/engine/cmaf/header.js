// SPDX-License-Identifier: Apache-2.0
// CMAF headers: the codec strings that Media Source Extensions need.

import { UnsupportedError } from '../../shared/errors.js';
import { configurationOf } from './audio-config.js';
import { content, uint32 } from './boxes.js';

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
  const entry = entries && (content(entries, 'avc1') ?? content(entries, 'avc3')
    ?? content(entries, 'encv'));
  return entry && content(entry.subarray(78), 'avcC');
}

/**
 * How the NAL units of a sample are stored: their codec, and the size of their length fields in
 * bytes.
 * @typedef {{ codec: 'avc' | 'hevc', lengthSize: number }} UnitFormat
 */

/**
 * The form of H.264 by avcC, or of HEVC by hvcC (ISO/IEC 14496-15 §8.3.2.1).
 * @param {Uint8Array} header
 * @returns {UnitFormat | null} null for another codec
 */
export function nalUnitFormat(header) {
  const avc = avcConfiguration(header);
  if (avc && avc.length > 4) return { codec: 'avc', lengthSize: 1 + (avc[4] & 3) };
  const entries = sampleEntries(header), entry = entries && (content(entries, 'hvc1')
    ?? content(entries, 'hev1') ?? content(entries, 'encv'));
  const hevc = entry && content(entry.subarray(78), 'hvcC');
  return hevc && hevc.length > 21 ? { codec: 'hevc', lengthSize: 1 + (hevc[21] & 3) } : null;
}

/**
 * The clockwise rotation for display by the matrix of tkhd (ISO/IEC 14496-12 §8.3.2), degrees.
 * @param {Uint8Array} header
 */
export function rotationOf(header) {
  const tkhd = content(header, 'moov', 'trak', 'tkhd');
  const at = tkhd && tkhd[0] === 1 ? 52 : 40;
  if (!tkhd || tkhd.length < at + 20) return 0;
  const [a, b, c, d] = [0, 4, 12, 16].map((offset) => (uint32(tkhd, at + offset) | 0) / 0x10000);
  if (a === 0 && d === 0 && b === -c) return b === 1 ? 90 : b === -1 ? 270 : 0;
  return a === -1 && d === -1 && b === 0 && c === 0 ? 180 : 0;
}

/**
 * The format of an AAC track; its codec string is from the AudioSpecificConfig.
 * @param {Uint8Array} header
 * @returns {TrackFormat | null} null for another codec
 */
export function audioFormat(header) {
  const timescale = timescaleOf(header), configuration = aacConfiguration(header);
  if (timescale === null || !configuration) return null;
  return { type: `audio/mp4; codecs="mp4a.40.${configuration.objectType}"`, timescale };
}

/**
 * The configuration of an AAC decoder; its channels are those of the sample entry if it does not
 * state them.
 * @param {Uint8Array} header
 * @returns {import('./audio-config.js').AACConfiguration | null} null for another codec
 */
export function aacConfiguration(header) {
  const entries = sampleEntries(header), entry = entries
    && (content(entries, 'mp4a') ?? content(entries, 'enca'));
  const esds = entry && content(entry.subarray(28), 'esds');
  const configuration = esds && configurationOf(esds);
  if (!configuration || configuration.channels > 0) return configuration;
  return { ...configuration, channels: Math.max(1, entry[16] << 8 | entry[17]) };
}

/**
 * Whether the samples are encrypted.
 * @param {Uint8Array} header
 */
export function isEncrypted(header) {
  const entries = sampleEntries(header);
  return Boolean(entries && (content(entries, 'encv') ?? content(entries, 'enca')));
}

/** @param {Uint8Array} header */
function sampleEntries(header) {
  const stsd = content(header, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
  return stsd && stsd.subarray(8);
}

/**
 * Ticks per second.
 * @param {Uint8Array} header
 * @returns {number | null} null if the header has none
 */
export function timescaleOf(header) {
  const mdhd = content(header, 'moov', 'trak', 'mdia', 'mdhd');
  return mdhd && uint32(mdhd, mdhd[0] === 1 ? 20 : 12);
}
