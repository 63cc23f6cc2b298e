// SPDX-License-Identifier: Apache-2.0
// The caption data in the SEI messages of access units (ATSC A/53 Part 4 §6.2.3).

/** @typedef {import('../cmaf/header.js').UnitFormat} UnitFormat */

/**
 * Two bytes of captions. Types 0 and 1 are the fields of CEA-608, with parity bits; 3 begins a
 * packet of CEA-708, and 2 continues it.
 * @typedef {{ type: number, first: number, second: number }} CaptionTriplet
 */

/** The type of messages that are registered by ITU-T T.35 (H.264 §D.2.5, H.265 §D.2.6). */
const REGISTERED = 4;
/** country_code, provider_code, user_identifier "GA94" and user_data_type_code of captions. */
const HEADER = [0xB5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03];
/** process_cc_data_flag and cc_count; cc_valid and cc_type. */
const PROCESSED = 0x40, COUNT = 0x1F, VALID = 4, TYPE = 3;

/**
 * The captions in an access unit; padding is left out. Sizes in the data that exceed the data end
 * the search.
 * @param {Uint8Array} unit NAL units with length fields @param {UnitFormat} format
 * @returns {CaptionTriplet[]}
 */
export function captionTriplets(unit, { codec, lengthSize }) {
  /** @type {CaptionTriplet[]} */
  const triplets = [];
  for (let offset = 0; offset + lengthSize < unit.length;) {
    let size = 0;
    for (let i = 0; i < lengthSize; i += 1) size = size * 256 + unit[offset + i];
    const start = offset + lengthSize, end = start + size;
    if (end > unit.length) break;
    offset = end;
    if (size === 0) continue;
    const type = codec === 'avc' ? unit[start] & 0x1F : unit[start] >> 1 & 0x3F;
    // Messages with captions are before the first slice.
    if (codec === 'avc' ? type > 0 && type < 6 : type < 32) break;
    if (type === (codec === 'avc' ? 6 : 39)) {
      readMessages(unescaped(unit.subarray(start + (codec === 'avc' ? 1 : 2), end)), triplets);
    }
  }
  return triplets;
}

/**
 * The content of a NAL unit without emulation prevention bytes (H.264 §7.3.1).
 * @param {Uint8Array} bytes
 */
function unescaped(bytes) {
  const found = new Uint8Array(bytes.length);
  let count = 0, zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    found[count] = byte;
    count += 1;
  }
  return found.subarray(0, count);
}

/**
 * Reads the messages of an SEI NAL unit (H.264 §7.3.2.3.1).
 * @param {Uint8Array} bytes @param {CaptionTriplet[]} triplets
 */
function readMessages(bytes, triplets) {
  let offset = 0;
  const number = () => {
    let value = 0;
    while (bytes[offset] === 0xFF) {
      value += 255;
      offset += 1;
    }
    value += bytes[offset] ?? 0;
    offset += 1;
    return value;
  };
  while (offset + 2 < bytes.length) {  // the last byte is that of the trailing bits
    const type = number(), size = number();
    if (size > bytes.length - offset) return;
    if (type === REGISTERED) readCaptions(bytes.subarray(offset, offset + size), triplets);
    offset += size;
  }
}

/** @param {Uint8Array} payload @param {CaptionTriplet[]} triplets */
function readCaptions(payload, triplets) {
  if (!HEADER.every((byte, i) => payload[i] === byte)) return;
  const flags = payload[HEADER.length] ?? 0, start = HEADER.length + 2;
  if ((flags & PROCESSED) === 0) return;
  const end = Math.min(payload.length, start + 3 * (flags & COUNT));
  for (let i = start; i + 3 <= end; i += 3) {
    const type = payload[i] & TYPE, first = payload[i + 1], second = payload[i + 2];
    if ((payload[i] & VALID) === 0) continue;
    if (type < 2 && (first & 0x7F) === 0 && (second & 0x7F) === 0) continue;
    triplets.push({ type, first, second });
  }
}
