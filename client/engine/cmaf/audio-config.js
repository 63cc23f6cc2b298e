// SPDX-License-Identifier: Apache-2.0
// The configuration of an AAC decoder, from the sample entry of a CMAF header.

/**
 * The content of AudioSpecificConfig, and its bytes. `objectType` 2 is AAC-LC, 5 and 29 are
 * HE-AAC. `channels` is 0 if a program_config_element states them.
 * @typedef {object} AACConfiguration
 * @property {number} objectType
 * @property {number} sampleRate Hz
 * @property {number} channels
 * @property {Uint8Array} bytes
 */

/** The tags of ES_Descriptor, DecoderConfigDescriptor and DecoderSpecificInfo. */
const ES = 3, DECODER = 4, SPECIFIC = 5;
/** The objectTypeIndication of ISO/IEC 14496-3 audio. */
const MPEG4_AUDIO = 0x40;
/** Flags of ES_Descriptor: the members that follow them. */
const HAS_DEPENDENCE = 0x80, HAS_URL = 0x40, HAS_CLOCK = 0x20;
/** samplingFrequencyIndex (ISO/IEC 14496-3 §1.6.3.4), Hz. */
const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
/** The channels of channelConfiguration (§1.6.3.5); 0 is stated elsewhere. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

/**
 * The descriptor at the start of `bytes` (ISO/IEC 14496-1 §8.3.3): its size field has at most four
 * bytes, of which all but the last have bit 0x80.
 * @param {Uint8Array} bytes @param {number} tag
 * @returns {Uint8Array | null} its content; null for another tag, or if it is not complete
 */
function descriptor(bytes, tag) {
  if (bytes.length < 2 || bytes[0] !== tag) return null;
  let size = 0;
  for (let offset = 1; offset <= 4 && offset < bytes.length; offset += 1) {
    size = size << 7 | bytes[offset] & 0x7F;
    if (bytes[offset] & 0x80) continue;
    const end = offset + 1 + size;
    return end <= bytes.length ? bytes.subarray(offset + 1, end) : null;
  }
  return null;
}

/**
 * The AudioSpecificConfig in `esds` (ISO/IEC 14496-14 §5.6).
 * @param {Uint8Array} esds content of the box
 * @returns {AACConfiguration | null} null if it has none, or is not valid
 */
export function configurationOf(esds) {
  const stream = descriptor(esds.subarray(4), ES);
  if (!stream || stream.length < 3) return null;
  const flags = stream[2];
  let offset = 3;
  if (flags & HAS_DEPENDENCE) offset += 2;
  if (flags & HAS_URL) offset += 1 + (stream[offset] ?? 0);
  if (flags & HAS_CLOCK) offset += 2;
  const decoder = descriptor(stream.subarray(offset), DECODER);
  if (!decoder || decoder.length < 13 || decoder[0] !== MPEG4_AUDIO) return null;
  const bytes = descriptor(decoder.subarray(13), SPECIFIC);
  return bytes && specificConfigOf(bytes);
}

/**
 * The first members of AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
 * @param {Uint8Array} bytes
 * @returns {AACConfiguration | null}
 */
function specificConfigOf(bytes) {
  let position = 0;
  const bits = (/** @type {number} */ count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1, position += 1) {
      value = value * 2 + ((bytes[position >> 3] ?? 0) >> (7 - position % 8) & 1);
    }
    return value;
  };
  const short = bits(5), objectType = short === 31 ? 32 + bits(6) : short;
  const index = bits(4), sampleRate = index === 15 ? bits(24) : SAMPLE_RATES[index] ?? 0;
  const channels = CHANNELS[bits(4)];
  if (position > 8 * bytes.length || objectType === 0) return null;
  if (sampleRate < 1000 || channels === undefined) return null;
  return { objectType, sampleRate, channels, bytes };
}
