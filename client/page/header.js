// SPDX-License-Identifier: Apache-2.0
import { content, uint32 } from './boxes.js';

/**
 * What MSE must know of a video init segment: codec string from avcC (RFC 6381 §3.3) and timescale.
 * @param {Uint8Array} init
 * @returns {{ type: string, timescale: number } | null} null when it is not H.264
 */
export function initOf(init) {
  const media = content(init, 'moov', 'trak', 'mdia');
  const header = media && content(media, 'mdhd');
  const entries = media && content(media, 'minf', 'stbl', 'stsd');
  const entry = entries && (content(entries.subarray(8), 'avc1') ?? content(entries.subarray(8), 'avc3'));
  const config = entry && content(entry.subarray(78), 'avcC');
  if (!header || !config) return null;
  const hex = Array.from(config.subarray(1, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { type: `video/mp4; codecs="avc1.${hex}"`, timescale: uint32(header, header[0] === 1 ? 20 : 12) };
}

/**
 * What MSE must know of an init segment of sound: codec string from the AudioSpecificConfig in esds (ISO/IEC 14496-3 §1.6.2.1)
 * and timescale.
 * @param {Uint8Array} init
 * @returns {{ type: string, timescale: number } | null} null when it is not AAC
 */
export function soundInitOf(init) {
  const media = content(init, 'moov', 'trak', 'mdia');
  const header = media && content(media, 'mdhd');
  const entries = media && content(media, 'minf', 'stbl', 'stsd');
  const entry = entries && content(entries.subarray(8), 'mp4a');
  const descriptor = entry && content(entry.subarray(28), 'esds');
  if (!header || !descriptor) return null;
  // ES_Descriptor (3) with 3 bytes, DecoderConfigDescriptor (4) with 13, DecoderSpecificInfo (5): the configuration.
  let at = 4;
  for (const [tag, skip] of [[3, 3], [4, 13], [5, 0]]) {
    if (descriptor[at] !== tag) return null;
    for (at += 1; descriptor[at] & 0x80; at += 1);
    at += 1 + skip;
  }
  const type = descriptor[at] >> 3;
  return { type: `audio/mp4; codecs="mp4a.40.${type}"`, timescale: uint32(header, header[0] === 1 ? 20 : 12) };
}
